'use strict';
(() => {
  const summary = JSON.parse(document.getElementById('summary-data').textContent);
  const series = JSON.parse(document.getElementById('series-data').textContent);
  const root = document.documentElement;
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const charts = [];
  const color = name => getComputedStyle(root).getPropertyValue('--' + name).trim();
  const palette = () => ['c1', 'c2', 'c3', 'c4', 'c5', 'c6'].map(color);

  const digits = v => v === 0 ? '0' : Math.abs(v) < 10 ? String(+v.toPrecision(3)) : Math.abs(v) < 100 ? v.toFixed(1).replace(/\.0$/, '') : Math.round(v).toLocaleString('en').replace(/,/g, '\u202f');
  const seconds = v => v == null ? '–' : v === 0 ? '0 s' : v < 1e-3 ? digits(v * 1e6) + ' µs' : v < 1 ? digits(v * 1e3) + ' ms' : v < 120 ? digits(v) + ' s' : digits(v / 60) + ' min';
  const bytes = v => v == null ? '–' : v < 2 ** 20 ? digits(v / 2 ** 10) + ' KiB' : v < 2 ** 30 ? digits(v / 2 ** 20) + ' MiB' : digits(v / 2 ** 30) + ' GiB';
  const plain = v => v == null ? '–' : digits(v);
  const clock = t => Math.floor(t / 60) + ':' + String(Math.round(t % 60)).padStart(2, '0');
  const escape = text => String(text).replace(/[&<>"']/g, c => '&#' + c.charCodeAt(0) + ';');
  // Series stack along a time axis only, never along a value axis: so seconds become milliseconds.
  const pairs = (t, values) => t.map((at, i) => [at * 1000, values[i]]);

  // The phases but the one that is judged are shaded: what happened there doesn't count.
  const bands = () => ({
    silent: true, itemStyle: { color: color('band') }, label: { color: color('dim'), position: 'insideTop', fontSize: 10 },
    data: [...summary.phases.filter(p => p.name !== 'hold'), ...(summary.warmUp ? [{ name: 'warm-up', ...summary.warmUp }] : []), ...summary.faults.filter(f => f.start !== null && f.start !== undefined)].filter(p => p.end > p.start).map(p => [{ name: p.name, xAxis: p.start * 1000 }, { xAxis: p.end * 1000 }]),
  });
  const line = (name, t, values, more) => ({ name, type: 'line', data: pairs(t, values), showSymbol: false, lineStyle: { width: 1.6 }, emphasis: { disabled: true }, ...more });

  // "query.p95 < 3s" belongs into the chart of query, if what it judged was the response time drawn there: upload.p95 may judge upload → searchable.
  const percentile = o => o.unit === 's' && /\.(p\d+)$/.exec(o.metric)?.[1];
  const isResponse = o => {
    const time = summary.operations.find(of => of.name + '.' + percentile(o) === o.metric)?.responseTime;
    return time != null && o.value === time[percentile(o)];
  };
  const asLines = objectives => objectives.map(o => ({ yAxis: o.limit, name: o.text }));
  const limits = operation => asLines(summary.objectives.filter(o => o.metric.startsWith(operation + '.') && percentile(o) && isResponse(o)));
  const searchableLimits = () => asLines(summary.objectives.filter(o => /^(upload|document|searchable)/.test(o.metric) && percentile(o) && !isResponse(o)));
  const limitLines = data => ({ silent: true, symbol: 'none', lineStyle: { color: color('fail'), type: 'dashed', width: 1.5 }, label: { formatter: '{b}', position: 'insideEndTop', color: color('fail') }, data });

  const axes = format => ({
    xAxis: { type: 'time', min: series.t[0] * 1000, max: series.t[series.t.length - 1] * 1000, axisLabel: { formatter: at => clock(at / 1000), hideOverlap: true, color: color('dim') }, splitLine: { show: false }, axisLine: { lineStyle: { color: color('line') } } },
    yAxis: { type: 'value', axisLabel: { formatter: format, color: color('dim') }, splitLine: { lineStyle: { color: color('line') } } },
  });
  const base = format => ({
    animation: false, useUTC: true, color: palette(), textStyle: { fontFamily: 'inherit' }, grid: { left: 8, right: 12, top: 34, bottom: 6, containLabel: true },
    legend: { top: 0, left: 0, itemWidth: 14, itemHeight: 8, type: 'scroll', textStyle: { color: color('text') }, pageTextStyle: { color: color('dim') } },
    dataZoom: [{ type: 'inside', zoomOnMouseWheel: 'ctrl', moveOnMouseMove: false, moveOnMouseWheel: false, filterMode: 'none' }],
    tooltip: {
      trigger: 'axis', confine: true, backgroundColor: color('panel'), borderColor: color('line'), textStyle: { color: color('text'), fontSize: 12 },
      formatter: items => clock(items[0].value[0] / 1000) + items.map(i => '<br>' + i.marker + escape(i.seriesName) + ' <b>' + escape((i.seriesName === 'users' ? plain : format)(i.value[1])) + '</b>').join(''),
    },
    ...axes(format),
  });

  const outcomes = ['ok', 'degraded', 'throttled', 'failed', 'timed_out'];
  const draw = {
    throughput() {
      const option = base(plain);
      option.yAxis = [{ ...option.yAxis, name: '', min: 0 }, { ...option.yAxis, position: 'right', splitLine: { show: false }, min: 0 }];
      option.series = Object.entries(series.operations).map(([name, of]) =>
        line(name, series.t, series.t.map((_, i) => outcomes.reduce((sum, o) => sum + of[o][i], 0)), { stack: 'operations', areaStyle: { opacity: .55 }, lineStyle: { width: .5 } }));
      option.series.push(line('users', series.t, series.users, { yAxisIndex: 1, color: color('text'), lineStyle: { width: 1.5, type: 'dashed' }, markArea: bands() }));
      return option;
    },
    latency(operation) {
      const option = base(seconds), of = series.operations[operation], limit = limits(operation);
      const highest = Math.max(0, ...limit.map(l => l.yAxis));
      const seen = ['p50', 'p95', 'p99'].flatMap(p => of[p]).filter(v => v > 0);
      // Else the scale could begin decades below anything measured, or end below the objective.
      option.yAxis = { ...option.yAxis, type: 'log', logBase: 10, min: 10 ** Math.floor(Math.log10(Math.min(...seen, highest || Infinity))), max: 10 ** Math.ceil(Math.log10(Math.max(...seen, highest * 1.05))) };
      option.series = [['p50', 'c3'], ['p95', 'c1'], ['p99', 'c5']].map(([p, c]) => line(p.toUpperCase(), series.t, of[p].map(v => v > 0 ? v : null), { color: color(c), connectNulls: true }));
      option.series.push(line('service P95', series.t, of.serviceP95.map(v => v > 0 ? v : null), { color: color('c1'), connectNulls: true, lineStyle: { width: 1, type: 'dotted' } }));
      option.series[1].markArea = bands();
      option.series[1].markLine = limitLines(limit);
      return option;
    },
    outcomes() {
      const option = base(plain), colors = { degraded: 'c2', throttled: 'c4', failed: 'fail', timed_out: 'c6' };
      option.yAxis.min = 0;
      option.series = Object.entries(colors).map(([outcome, c]) => {
        const values = series.t.map((_, i) => Object.values(series.operations).reduce((sum, of) => sum + of[outcome][i], 0));
        return line(outcome.replace('_', ' '), series.t, values, { stack: 'outcomes', color: color(c), areaStyle: { opacity: .6 }, lineStyle: { width: .5 } });
      });
      option.series[0].markArea = bands();
      return option;
    },
    ttft() {
      const option = base(seconds);
      option.yAxis.min = 0;
      option.series = [line('P50', series.t, series.ttftP50, { color: color('c3') }), line('P95', series.t, series.ttftP95, { color: color('c1'), markArea: bands() })];
      return option;
    },
    searchable() {
      const option = base(seconds), limit = searchableLimits();
      option.yAxis.min = 0;
      if (limit.length) option.yAxis.max = at => Math.max(at.max, ...limit.map(l => l.yAxis)) * 1.1;
      option.series = [line('P95', series.t, series.searchableP95, { color: color('c1'), connectNulls: true, markArea: bands(), markLine: limitLines(limit) })];
      return option;
    },
    tokens() {
      const option = base(plain);
      option.yAxis.min = 0;
      option.series = [line('tokens/s', series.t, series.tokens, { areaStyle: { opacity: .3 }, markArea: bands() })];
      return option;
    },
    process(value, format) {
      const option = base(format);
      option.yAxis.min = 0;
      option.series = Object.entries(series.processes.of).map(([name, of], i) => line(name, series.processes.t, of[value], i ? {} : { markArea: bands() }));
      return option;
    },
    cpu() { return draw.process('cpu', plain); },
    memory() { return draw.process('memory', bytes); },
    inside(name) {
      const { unit, of } = series.inside[name] ?? { unit: '', of: {} };
      const option = base({ s: seconds, B: bytes, 'B/s': v => bytes(v) + '/s', '%': v => plain(v) + ' %' }[unit] ?? plain);
      option.yAxis.min = 0;
      option.series = Object.entries(of).map(([part, { t, v }], i) => line(part || name, t, v, i ? {} : { markArea: bands() }));
      return option;
    },
  };

  const render = () => {
    for (const { chart, element } of charts) {
      const [kind, ...rest] = element.dataset.chart.split(':');
      chart.setOption(draw[kind](rest.join(':')), true);
    }
  };
  for (const element of document.querySelectorAll('[data-chart]')) {
    const chart = echarts.init(element, null, { renderer: 'canvas' });
    chart.group = 'run';
    charts.push({ chart, element });
  }
  render();
  echarts.connect('run');
  new ResizeObserver(() => charts.forEach(c => c.chart.resize())).observe(document.querySelector('main'));
  dark.addEventListener('change', render);
  document.getElementById('theme').addEventListener('click', () => {
    const now = root.dataset.theme ?? (dark.matches ? 'dark' : 'light');
    root.dataset.theme = now === 'dark' ? 'light' : 'dark';
    render();
  });
  // Paper is white.
  let before;
  addEventListener('beforeprint', () => { before = root.dataset.theme; root.dataset.theme = 'light'; render(); charts.forEach(c => c.chart.resize()); });
  addEventListener('afterprint', () => { if (before) root.dataset.theme = before; else delete root.dataset.theme; render(); charts.forEach(c => c.chart.resize()); });
  for (const button of document.querySelectorAll('[data-copy]'))
    button.addEventListener('click', async () => {
      const source = document.getElementById(button.dataset.copy);
      try { await navigator.clipboard.writeText(source.textContent); button.textContent = 'Copied'; }
      catch { getSelection().selectAllChildren(source); button.textContent = 'Selected'; }
    });
})();
