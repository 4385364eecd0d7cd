// The live page: what is new comes each second; what may be done to the run goes back with the token.
(() => {
  const token = new URLSearchParams(location.search).get('token') ?? '', f = Loadline.format, e = Loadline.element, $ = id => document.getElementById(id);
  const run = { phases: [], faults: [], pauses: [], objectives: [], about: JSON.parse($('about-data').textContent).about };
  const model = new Loadline.Model(), page = new Loadline.Page(model, () => run);
  Loadline.page = page;
  let state = null, summary = null, still = 0, last = {};

  const text = (id, value) => { if ($(id).textContent !== value) $(id).textContent = value; };
  // Only what changed is made anew: who reads or selects a table is not disturbed each second.
  const replace = (id, made, key) => { const now = JSON.stringify(key); if (last[id] === now) return; last[id] = now; $(id).replaceChildren(made); };
  const say = what => text('said', what);

  const badge = result => {
    const sign = { PASS: '✓', WARN: '!', FAIL: '✗', PENDING: '…' }[result] ?? '?';
    return e('span', { class: 'badge ' + result.toLowerCase() }, e('span', { 'aria-hidden': 'true' }, sign), ' ' + (result === 'PENDING' ? 'not yet' : result));
  };

  function objectives(of) {
    const row = o => ({ cells: [e('span', {}, e('code', {}, o.text), o.reason && o.result !== 'PASS' ? e('small', {}, o.reason) : null), badge(o.result), f.in(o.unit)(o.value), f.in(o.unit)(o.limit), f.plain(o.samples)] });
    replace('objective-table', of.length ? Loadline.table('Objectives', ['Objective', 'Result', 'Measured', 'Limit', 'Samples'], of.map(row), 'objectives') : e('p', {}, 'The plan has no objectives.'), of);
    const results = Object.fromEntries(of.map(o => [o.text, o.result]));
    const turned = Object.entries(results).filter(([name, result]) => last.results?.[name] && last.results[name] !== result && result !== 'PENDING');
    if (turned.length) say(turned.map(([name, result]) => `${name}: ${result}`).join('; '));
    last.results = results;
  }

  function faults(of, journal) {
    $('fault-section').hidden = of.length === 0;
    const began = Date.parse(state?.startedAt ?? summary?.startedAt), second = at => at ? (Date.parse(at) - began) / 1000 : null;
    run.faults = summary ? summary.faults : of.map(fault => ({ ...fault, planned: fault.start, start: second(journal[fault.id]?.began), end: second(journal[fault.id]?.ended) }));
    const word = fault => {
      const { state: now, problem } = journal[fault.id] ?? {};
      return now === 'stuck' ? `could NOT be undone: ${problem}` : now === 'undone' ? 'undone' : now ? 'in force' : last.pulled ? 'will not be injected' : summary ? 'not injected' : 'planned';
    };
    const moment = t => t == null ? '–' : f.clock(t);
    const rows = run.faults.map(fault => ({ cells: [`${fault.name}: ${fault.what}`, moment(fault.start ?? fault.planned), moment(fault.end), word(fault)] }));
    replace('fault-table', Loadline.table('Faults', ['Fault', 'From', 'To', 'State'], rows), rows);
  }

  function operations(of) {
    const rows = of.map(o => ({ attributes: { 'data-operation': o.name }, cells: [o.name, f.plain(o.perSecond), f.plain(o.answered), f.plain(o.errors), f.seconds(o.p50), f.seconds(o.p95), f.seconds(o.p99), f.seconds(o.serviceP95)] }));
    replace('operation-table', Loadline.table('Operations', ['Operation', 'Last second', 'Answered', 'Errors', 'P50', 'P95', 'P99', 'Service P95'], rows), rows);
  }

  function generator(of) {
    const row = check => ({ cells: [check.name, f.in(check.unit)(check.value), f.in(check.unit)(check.limit), e('span', { class: 'badge ' + (check.kept ? 'pass' : 'invalid') }, check.kept ? '✓ yes' : '✗ no')] });
    replace('generator-table', of.length ? Loadline.table('The load generator', ['Looked at', 'Measured', 'At most', 'Kept'], of.map(row)) : e('p', {}, 'Looked at from the hold phase on.'), of);
  }

  function tiles(now) {
    const point = name => model.length ? model.columns[name][model.length - 1] : null, tile = (name, value) => [name, value];
    const of = [
      tile('users', `${f.plain(now.activeUsers)} of ${f.plain(now.users)}`), tile('requests', f.plain(now.perSecond) + '/s'), tile('errors', f.percent(now.errorShare * 100)), tile('in flight', f.plain(now.inFlight)),
      ...now.operations.slice(0, 4).map(o => tile(`${o.name} P95`, f.seconds(o.p95))),
      ...(point('ttftP95') != null || model.columns.ttftP95.some(v => v != null) ? [tile('first token P95', f.seconds(point('ttftP95'))), tile('tokens', f.plain(point('tokens')) + '/s')] : []),
      ...[['queue.depth', 'queue', f.plain], ['cache.hit', 'cache hits', f.percent]].filter(([name]) => model.columns.inside[name]).map(([name, title, show]) => tile(title, show(name === 'cache.hit' ? model.insideMean(name) : model.insideNow(name)))),
    ];
    if (last.tiles === JSON.stringify(of)) return;
    last.tiles = JSON.stringify(of);
    $('tiles').replaceChildren(...of.map(([name, value]) => e('div', {}, e('dt', {}, name), e('dd', {}, value))));
  }

  function buttons({ pause, stop, lever, pulled }) {
    const paused = !!state?.now.isPaused;
    $('pause').disabled = summary || !pause; $('stop').disabled = summary || !stop; $('lever').disabled = pulled || !lever || run.faults.length === 0;
    text('pause', paused ? 'Go on' : 'Pause');
    last.pulled = pulled;
  }

  function headline() {
    const box = $('state');
    if (summary) {
      box.className = 'verdict ' + summary.verdict.toLowerCase();
      text('headline', summary.verdict); text('because', summary.because); $('progress').hidden = true;
      if (last.over !== summary.verdict) say(`The run is over: ${summary.verdict}. ${summary.because}`);
      last.over = summary.verdict;
      text('judged', 'Judged over the hold phase, when all users are active.');
      return;
    }
    if (!state) return;
    const { phase, elapsed, remaining, isPaused } = state.now, whole = elapsed + remaining, words = { up: 'Users start', hold: 'Under load', down: 'Users leave' }[phase] ?? phase;
    box.className = 'verdict going' + (isPaused ? ' invalid' : '');
    text('headline', isPaused ? 'Paused' : words);
    text('because', `${f.clock(elapsed)} of ${f.clock(whole)}` + (state.now.pauses.length ? ' · the run was paused and is INVALID: its load is not the plan’s' : '') + (still > 5 ? ` · nothing was heard of the run for ${still} s: it was killed, or its machine is too busy` : ''));
    $('progress').value = Math.min(1, elapsed / whole);
    if (last.phase !== phase + isPaused) say(isPaused ? 'Paused' : words);
    last.phase = phase + isPaused;
  }

  function take(news) {
    for (const point of news.series) model.add(point);
    for (const look of news.inside) model.addInside(look);
    const before = state?.now.elapsed;
    summary = news.summary ?? null;
    state = news.state ?? (summary ? null : state);
    still = state && state.now.elapsed === before ? still + 1 : 0;
    const of = summary ?? state, journal = Object.fromEntries(news.faults.map(fault => [fault.id, fault]));
    if (!of) return;
    Object.assign(run, summary ?? { phases: of.phases, pauses: of.now.pauses, objectives: of.now.objectives });
    text('what', `${of.plan.name} — ${of.plan.purpose} · target ${of.plan.target} · ${of.plan.load ?? f.plain(of.plan.users) + ' users'}`);
    document.title = `${summary?.verdict ?? f.clock(of.now.elapsed)} · ${of.plan.name} · Loadline`;
    buttons(news.control);
    faults(summary ? summary.faults : of.faults, journal);
    objectives(run.objectives);
    generator(summary?.generator ?? of.now.generator);
    if (!summary) { tiles(of.now); operations(of.now.operations); }
    headline();
    if (summary && news.report && !$('report')) $('because').after(e('p', {}, e('a', { id: 'report', href: '/report?token=' + token }, 'Open the report')));
    buttons(news.control);
    $('inside-none').hidden = Object.keys(model.columns.inside).length > 0;
    if (!document.hidden) draw();
  }

  function draw() {
    page.charts.sync();
    page.refreshTools();
    page.apply();
  }

  function follow() {
    const source = new EventSource('/events?token=' + token);
    source.onopen = () => { model.clear(); $('alert').hidden = true; };
    source.onmessage = event => take(JSON.parse(event.data));
    // The next run of a suite: a page of its own.
    source.addEventListener('next', () => { source.close(); location.reload(); });
    source.onerror = () => { if (summary) source.close(); else { text('alert', 'The connection to the run is lost; trying again.'); $('alert').hidden = false; } };
  }

  async function change(path) {
    const answer = await fetch(path, { method: 'POST', headers: { 'X-Loadline-Token': token } }).catch(() => null);
    $('alert').hidden = answer?.ok === true;
    if (!answer?.ok) text('alert', answer ? await answer.text() : 'The run can’t be reached.');
  }

  $('pause').addEventListener('click', () => {
    if (state?.now.isPaused) change('/resume');
    else if (state?.now.pauses.length || confirm('Pause the load? What is in hand ends and nothing new begins. The run will be INVALID, because its load is not the plan’s any more.')) change('/pause');
  });
  $('stop').addEventListener('click', () => { if (confirm('End the run now? What was measured is judged and written; the verdict will be INVALID.')) change('/stop'); });
  $('lever').addEventListener('click', () => change('/lever'));
  document.addEventListener('visibilitychange', () => { if (!document.hidden) draw(); });
  follow();
})();
