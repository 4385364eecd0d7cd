// Draws figures with ECharts: made as they come into sight, zoomed together, with bands for phases, faults and pauses, and with their numbers as a table behind each.
Loadline.Charts = class {
  #figures; #run; #model; #entries = new Map(); #view = null; #zoomed = [];
  #watch = new IntersectionObserver(seen => seen.forEach(one => { this.#of(one.target).visible = one.isIntersecting; this.#draw(this.#of(one.target)); }), { rootMargin: '200px' });

  constructor(figures, model, run) {
    this.#figures = figures; this.#model = model; this.#run = run;
    new ResizeObserver(() => this.#entries.forEach(entry => entry.chart?.resize())).observe(document.querySelector('main'));
    this.sync();
  }

  get view() { return this.#view; }
  onZoom(tell) { this.#zoomed.push(tell); }

  // Makes the figures that have become possible since.
  sync() {
    for (const container of document.querySelectorAll('[data-figures]')) {
      let before = null;
      for (const figure of this.#figures.list(container.dataset.figures)) {
        const entry = this.#entries.get(figure.key) ?? this.#make(figure);
        if (entry.element.parentNode !== container) before ? before.after(entry.element) : container.prepend(entry.element);
        before = entry.element;
      }
    }
  }

  // Draws what is in sight anew; the rest when it comes into sight.
  draw() { this.#entries.forEach(entry => { entry.stale = true; this.#draw(entry); }); }

  // For paper: everything, at once.
  drawAll() { this.#entries.forEach(entry => { entry.stale = true; this.#draw(entry, true); entry.chart.resize(); }); }

  // Shows from–to, in seconds; null shows all.
  zoom(view) {
    const [first, last] = this.range();
    this.#view = view && view[1] - view[0] < last - first ? [Math.max(first, view[0]), Math.min(last, view[1])] : null;
    this.draw();
    this.#zoomed.forEach(tell => tell(this.#view));
  }

  range() { const { t } = this.#model; return t.length ? [t[0], Math.max(t[t.length - 1], t[0] + 30)] : [0, 30]; }

  #of(element) { return this.#entries.get(element.dataset.key); }

  #make({ key, title, caption, wide, operation }) {
    const e = Loadline.element, place = e('div', { class: 'chart', 'data-chart': key, role: 'img', 'aria-label': title + ' over time' });
    const numbers = e('details', { class: 'numbers' }, e('summary', {}, 'Numbers'));
    const element = e('figure', { class: wide ? 'wide' : null, 'data-key': key, 'data-operation': operation }, e('h3', {}, title), place, e('figcaption', {}, caption), numbers);
    const entry = { key, title, element, place, numbers, stale: true, visible: false };
    numbers.addEventListener('toggle', () => this.#list(entry));
    this.#entries.set(key, entry);
    this.#watch.observe(element);
    return entry;
  }

  #draw(entry, always = false) {
    if (!entry.stale || entry.element.hidden || !(entry.visible || always)) return;
    entry.stale = false;
    const spec = this.#figures.of(entry.key);
    if (!entry.chart) {
      entry.chart = echarts.init(entry.place, null, { renderer: 'canvas' });
      if (!spec.spread) this.#selectable(entry);
    }
    entry.chart.setOption(spec.spread ? this.#spreadOption(spec) : this.#timeOption(spec), true);
    entry.place.setAttribute('aria-label', this.#describe(entry, spec));
    this.#list(entry);
  }

  // What the picture says, for who can't see it.
  #describe({ title }, { lines, format, rightFormat, spread }) {
    const [from, to] = this.#view ?? this.range();
    const said = lines.map(line => {
      const values = line.v.filter((v, i) => v != null && (spread || (line.t[i] >= from && line.t[i] <= to)));
      const show = line.right ? rightFormat : spread ? Loadline.format.plain : format;
      return values.length ? `${line.name} ${show(Loadline.Charts.extreme(values, Math.min))} to ${show(Loadline.Charts.extreme(values, Math.max))}` : `${line.name} without a value`;
    });
    return `${title}${spread ? '' : `, ${Loadline.format.clock(from)} to ${Loadline.format.clock(to)}`}: ${said.join('; ')}.`;
  }

  // The next number upwards with two digits, the second of them 0 or 5.
  static round(v) { const unit = 10 ** Math.floor(Math.log10(v)) / 2; return Math.ceil(v / unit) * unit; }

  static extreme(values, choose) { return values.reduce((a, b) => choose(a, b)); }

  // The same as a table: at most sixty rows of what is shown.
  #list({ key, title, numbers }) {
    if (!numbers.open) return;
    const { lines, format, rightFormat, spread } = this.#figures.of(key), [from, to] = this.#view ?? this.range();
    const times = [...new Set(lines.flatMap(line => line.t))].filter(t => spread || (t >= from && t <= to)).sort((a, b) => a - b);
    const stride = Math.ceil(times.length / 60), at = lines.map(line => new Map(line.t.map((t, i) => [t, line.v[i]])));
    const show = (line, v) => line.right ? rightFormat(v) : spread ? Loadline.format.plain(v) : format(v);
    const rows = times.filter((_, i) => i % stride === 0).map(t => ({ cells: [spread ? format(t) : Loadline.format.clock(t), ...lines.map((line, i) => show(line, at[i].get(t) ?? null))] }));
    numbers.replaceChildren(numbers.firstElementChild, Loadline.table(`Numbers of ${title}`, [spread ? 'from' : 'at', ...lines.map(line => line.name)], rows));
  }

  #color(name) { return getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim(); }

  #base(spec) {
    const color = name => this.#color(name);
    return {
      animation: false, useUTC: true, color: ['c1', 'c2', 'c3', 'c4', 'c5', 'c6'].map(color), textStyle: { fontFamily: 'inherit' }, grid: { left: 8, right: 12, top: 34, bottom: 6, containLabel: true },
      legend: { top: 0, left: 0, itemWidth: 14, itemHeight: 8, type: 'scroll', textStyle: { color: color('text') }, pageTextStyle: { color: color('dim') }, pageIconColor: color('text') },
      tooltip: {
        trigger: 'axis', confine: true, backgroundColor: color('panel'), borderColor: color('line'), textStyle: { color: color('text'), fontSize: 12 },
        formatter: items => this.#tip(spec, items),
      },
      yAxis: [spec.format, ...(spec.rightFormat ? [spec.rightFormat] : [])].map((format, right) => ({
        type: 'value', min: 0, position: right ? 'right' : 'left', axisLabel: { formatter: spec.spread ? Loadline.format.plain : format, color: color('dim') }, splitLine: { show: !right, lineStyle: { color: color('line') } },
      })),
    };
  }

  #tip({ format, rightFormat, lines, spread }, items) {
    const safe = text => String(text).replace(/[&<>"']/g, c => '&#' + c.charCodeAt(0) + ';');
    const one = item => {
      const line = lines.find(of => of.name === item.seriesName);
      return `<br>${item.marker}${safe(item.seriesName)} <b>${safe((line?.right ? rightFormat : spread ? Loadline.format.plain : format)(item.value[1]))}</b>`;
    };
    return (spread ? format(items[0].value[0]) : Loadline.format.clock(items[0].value[0] / 1000)) + items.filter(item => item.value[1] != null).map(one).join('');
  }

  #timeOption(spec) {
    const option = this.#base(spec), [from, to] = this.#view ?? this.range(), color = name => this.#color(name);
    option.xAxis = { type: 'time', min: from * 1000, max: to * 1000, axisLabel: { formatter: at => Loadline.format.clock(at / 1000), hideOverlap: true, color: color('dim') }, splitLine: { show: false }, axisLine: { lineStyle: { color: color('line') } } };
    option.series = spec.lines.map(line => this.#series(line, from, to));
    if (option.series.length === 0) option.series = [{ type: 'line', data: [] }];
    // Bands and limits hang on a line of the axis that they are of.
    option.series[0].markArea = this.#bands();
    for (const right of [false, true]) {
      const limits = spec.limits.filter(limit => !!limit.right === right), at = spec.lines.findIndex(line => !!line.right === right);
      if (limits.length === 0 || at < 0) continue;
      option.series[at].markLine = { silent: true, symbol: 'none', lineStyle: { color: color('fail'), type: 'dashed', width: 1.5 }, label: { formatter: '{b}', position: 'insideEndTop', color: color('fail') }, data: limits.map(limit => ({ yAxis: limit.value, name: limit.text })) };
      const highest = Loadline.Charts.round(Math.max(...limits.map(limit => limit.value)) * 1.05);
      option.yAxis[+right].max = extent => extent.max >= highest ? null : highest;
    }
    if (spec.log) option.yAxis[0] = { ...option.yAxis[0], ...this.#decades(option.series, spec.limits) };
    return option;
  }

  #series(line, from, to) {
    const data = [];
    for (let i = 0; i < line.t.length; i++)
      if (line.t[i + 1] === undefined || line.t[i + 1] >= from) {
        data.push([line.t[i] * 1000, line.v[i]]);
        if (line.t[i] > to) break;
      }
    return {
      name: line.name, type: 'line', data, showSymbol: data.length === 1, connectNulls: !line.stack, yAxisIndex: line.right ? 1 : 0, emphasis: { disabled: true }, sampling: line.stack ? 'average' : 'lttb',
      ...(line.color ? { color: this.#color(line.color) } : {}), ...(line.stack ? { stack: line.stack, areaStyle: { opacity: .55 } } : line.area ? { areaStyle: { opacity: .3 } } : {}),
      lineStyle: { width: line.stack ? .5 : line.dotted ? 1 : 1.6, type: line.dashed ? 'dashed' : line.dotted ? 'dotted' : 'solid' },
    };
  }

  // Else the scale could begin decades below anything measured, or end below the objective.
  #decades(series, limits) {
    const seen = series.flatMap(line => line.data.map(([, v]) => v)).filter(v => v > 0), highest = Math.max(0, ...limits.map(limit => limit.value));
    if (seen.length === 0) return { type: 'log', min: 1e-3, max: Math.max(1, highest * 1.05) };
    return {
      type: 'log', logBase: 10, min: 10 ** Math.floor(Math.log10(Math.min(Loadline.Charts.extreme(seen, Math.min), highest || Infinity))),
      max: 10 ** Math.ceil(Math.log10(Math.max(Loadline.Charts.extreme(seen, Math.max), highest * 1.05) * 1.0001)),
    };
  }

  // Phases but the one that is judged are shaded: what happened there doesn't count. Faults and pauses have colours of their own.
  #bands() {
    const run = this.#run(), end = this.range()[1], band = (of, name) => of.map(({ name: title, start, end: until, label }) => [
      { name: label ?? title, xAxis: start * 1000, itemStyle: { color: this.#color(name) }, label: { color: this.#color(name === 'band' ? 'dim' : 'fail'), position: name === 'band' ? 'insideBottom' : 'insideTopLeft', fontSize: 10 } },
      { xAxis: (until ?? end) * 1000 },
    ]);
    const begun = of => of.start != null && (of.end ?? end) > of.start;
    return {
      silent: true,
      data: [
        ...band(run.phases.filter(phase => phase.name !== 'hold' && begun(phase)), 'band'), ...band(run.warmUp ? [{ name: 'warm-up', ...run.warmUp }] : [], 'band'),
        ...band(run.faults.filter(begun), 'fault'), ...band((run.pauses ?? []).map(pause => ({ name: 'paused', ...pause })).filter(begun), 'pause'),
      ],
    };
  }

  #spreadOption(spec) {
    const option = this.#base(spec), color = name => this.#color(name), all = spec.lines.flatMap(line => line.t);
    option.xAxis = { type: 'log', logBase: 10, min: 10 ** Math.floor(Math.log10(Math.min(...all))), max: 10 ** Math.ceil(Math.log10(Math.max(...all) * 1.13)), axisLabel: { formatter: spec.format, color: color('dim'), hideOverlap: true }, splitLine: { show: false }, axisLine: { lineStyle: { color: color('line') } } };
    option.series = spec.lines.map(({ name, t, v, color: of }) => ({
      name, type: 'line', step: 'end', symbol: 'none', color: color(of), areaStyle: { opacity: .35 }, lineStyle: { width: 1 }, emphasis: { disabled: true },
      // A step stands from its lower edge to the next.
      data: [[t[0], 0], ...t.map((at, i) => [at, v[i]]), [t[t.length - 1] * 10 ** .05, 0]],
    }));
    return option;
  }

  // Drawing over a chart zooms all of them into what was drawn over; a double click shows all again.
  #selectable({ chart, place }) {
    let from = null, area = null;
    const at = event => event.clientX - place.getBoundingClientRect().left, second = x => chart.convertFromPixel({ xAxisIndex: 0 }, x) / 1000;
    place.addEventListener('pointerdown', event => {
      // A finger scrolls; the legend has clicks of its own.
      if (event.pointerType === 'touch' || event.button !== 0 || event.clientY - place.getBoundingClientRect().top < 30) return;
      from = at(event);
      place.setPointerCapture(event.pointerId);
    });
    place.addEventListener('pointermove', event => {
      if (from === null || Math.abs(at(event) - from) < 5) return;
      area ??= place.appendChild(Loadline.element('div', { class: 'selection' }));
      area.style.left = Math.min(from, at(event)) + 'px';
      area.style.width = Math.abs(at(event) - from) + 'px';
    });
    const end = event => {
      const drawn = area !== null, [a, b] = [from, at(event)].sort((x, y) => x - y);
      area?.remove();
      [from, area] = [null, null];
      if (drawn && event.type === 'pointerup') this.zoom([second(a), second(b)]);
    };
    place.addEventListener('pointerup', end);
    place.addEventListener('pointercancel', end);
    place.addEventListener('dblclick', () => this.zoom(null));
  }
};
