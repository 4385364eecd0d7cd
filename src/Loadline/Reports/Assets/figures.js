// Which charts there are, and what each draws: the one list that the report and the live page share. A figure says its lines, limits and words; charts.js draws them.
Loadline.Figures = class {
  #model; #run; #filter;

  // run: phases, faults, objectives…; filter: operations and outcomes to be shown.
  constructor(model, run, filter) { this.#model = model; this.#run = run; this.#filter = filter; }

  // Figures of a group (time, inside, spread) in their order: key, title, caption.
  list(group) {
    const { columns } = this.#model, run = this.#run(), has = values => values?.some(v => v != null);
    if (group === 'inside')
      return Object.entries(columns.inside).map(([name, { unit }]) => ({ key: 'inside:' + name, title: name, caption: (run.about?.[name] ?? '') + (unit ? ` In ${unit}.` : '') }));
    if (group === 'spread')
      return Object.keys(run.spread ?? {}).map(name => ({ key: 'spread:' + name, title: Loadline.Figures.spreadTitle(name), caption: 'How many took how long, over the hold phase; time is logarithmic, twenty steps a decade.' }));
    const bad = this.#model.length > 0 && this.#model.count(this.#model.operations, Loadline.outcomes.slice(1)).some(count => count > 0);
    return [
      { key: 'throughput', title: 'Users and requests per second', caption: 'Requests by the second in which they ended, however they ended; the dashed line is active users.', wide: true },
      bad && { key: 'outcomes', title: 'Requests not answered in full, per second', caption: 'By outcome; the line is the share that failed or timed out.', wide: true },
      ...this.#model.operations.map(name => ({ key: 'latency:' + name, operation: name, title: `${name}: response time`, caption: 'P50, P95 and P99 of each second, from when a request was due, of those answered; dotted P95 from when it was sent. Logarithmic.' })),
      has(columns.ttftP50) && { key: 'ttft', title: 'Time to first token', caption: 'From sending to the first non-empty content.' },
      has(columns.gapP50) && { key: 'gap', title: 'Between tokens', caption: 'Between two content events of a stream.' },
      has(columns.ttftP50) && { key: 'tokens', title: 'Tokens per second', caption: 'Received by all streams together.' },
      has(columns.searchableP95) && { key: 'searchable', title: 'Upload until searchable', caption: 'P95 of the documents that became searchable in each second.' },
      columns.processes.t.length > 0 && { key: 'cpu', title: 'CPU cores used', caption: 'By process of the run.' },
      columns.processes.t.length > 0 && { key: 'memory', title: 'Resident memory', caption: 'By process of the run.' },
    ].filter(Boolean);
  }

  // What a figure draws: lines { name, t, v, color… }, limits { text, value, right }, formats of its axes.
  of(key) {
    const [kind, ...rest] = key.split(':'), name = rest.join(':');
    const spec = { format: Loadline.format.plain, limits: this.#limits(key), ...this[kind](name) };
    return { ...spec, lines: spec.lines.filter(line => line.t.length > 0) };
  }

  #operations() { return this.#model.operations.filter(name => !this.#filter.operations.has(name)); }
  #line(name, v, more) { return { name, t: this.#model.t, v, ...more }; }

  throughput() {
    const lines = this.#operations().map(name => this.#line(name, this.#model.count([name], Loadline.outcomes), { stack: 'requests' }));
    return { lines: [...lines, this.#line('users', this.#model.columns.users, { right: true, dashed: true, color: 'text' })], rightFormat: Loadline.format.plain };
  }

  outcomes() {
    const colors = { degraded: 'c2', throttled: 'c4', failed: 'fail', timed_out: 'c6' }, operations = this.#operations();
    const lines = Object.entries(colors).filter(([outcome]) => !this.#filter.outcomes.has(outcome))
      .map(([outcome, color]) => this.#line(outcome.replace('_', ' '), this.#model.count(operations, [outcome]), { stack: 'outcomes', color }));
    const all = this.#model.count(operations, Loadline.outcomes), errors = this.#model.count(operations, ['failed', 'timed_out']);
    return { lines: [...lines, this.#line('errors', errors.map((count, i) => all[i] ? 100 * count / all[i] : null), { right: true, dashed: true, color: 'text' })], rightFormat: Loadline.format.percent };
  }

  latency(operation) {
    const of = this.#model.columns.operations[operation], positive = values => values.map(v => v > 0 ? v : null);
    return {
      format: Loadline.format.seconds, log: true,
      lines: [
        this.#line('P50', positive(of.p50), { color: 'c3' }), this.#line('P95', positive(of.p95), { color: 'c1' }), this.#line('P99', positive(of.p99), { color: 'c5' }),
        this.#line('service P95', positive(of.serviceP95), { color: 'c1', dotted: true }),
      ],
    };
  }

  #percentiles(p50, p95) {
    return { format: Loadline.format.seconds, lines: [this.#line('P50', this.#model.columns[p50], { color: 'c3' }), this.#line('P95', this.#model.columns[p95], { color: 'c1' })] };
  }

  ttft() { return this.#percentiles('ttftP50', 'ttftP95'); }
  gap() { return this.#percentiles('gapP50', 'gapP95'); }
  tokens() { return { lines: [this.#line('tokens/s', this.#model.columns.tokens, { area: true, color: 'c1' })] }; }
  searchable() { return { format: Loadline.format.seconds, lines: [this.#line('P95', this.#model.columns.searchableP95, { color: 'c1' })] }; }

  #processes(value, format) {
    const { t, of } = this.#model.columns.processes;
    return { format, lines: Object.entries(of).map(([name, columns]) => ({ name, t, v: columns[value] })) };
  }

  cpu() { return this.#processes('cpu', Loadline.format.plain); }
  memory() { return this.#processes('memory', Loadline.format.bytes); }

  inside(name) {
    const { unit, of } = this.#model.columns.inside[name] ?? { unit: '', of: {} };
    return { format: Loadline.format.in(unit), lines: Object.entries(of).map(([part, { t, v }]) => ({ name: part || name, t, v })) };
  }

  spread(name) {
    const parts = this.#run().spread[name], colors = { answered: 'c1', 'not answered': 'fail' };
    return { spread: true, format: Loadline.format.seconds, lines: Object.entries(parts).map(([part, { from, counts }]) => ({ name: part, color: colors[part] ?? 'c1', t: counts.map((_, i) => 10 ** ((from + i) / 20) / 1e6), v: counts, step: true })) };
  }

  static spreadTitle(name) { return { ttft: 'Time to first token', gap: 'Between tokens', searchable: 'Upload until searchable' }[name] ?? `${name}: response time`; }

  // "query.p95 < 3s" belongs into the chart of query, "ttft.p95 < 1s" into the one of the time to first token.
  #limits(key) {
    const number = o => typeof o.limit === 'number';
    const limits = this.#run().objectives.filter(number).map(o => ({ text: o.text, value: o.limit, ...this.#place(o) })).filter(limit => limit.key === key);
    // Objectives of several spans have one limit, and one line with the plainest of their texts.
    const same = new Map();
    for (const limit of limits.sort((a, b) => a.text.length - b.text.length)) if (!same.has(`${limit.value} ${limit.right}`)) same.set(`${limit.value} ${limit.right}`, limit);
    return [...same.values()];
  }

  #place(objective) {
    const metric = objective.metric.replace(/\{.*\}$/, ''), rest = metric.replace(/\.(p\d+(\.\d+)?|mean|max|min)$/, ''), last = rest.split('.').pop(), { unit } = objective;
    if (metric === 'rps') return { key: 'throughput' };
    if (metric === 'errors') return { key: 'outcomes', right: true };
    if (this.#model.columns.inside[rest]) return { key: 'inside:' + rest };
    if (unit !== 's' || rest === metric) return { key: null };
    return { key: ['ttft', 'gap', 'searchable'].includes(last) ? last : this.#model.operations.includes(rest) ? 'latency:' + rest : this.#model.operations.includes(rest.replace(/\.service$/, '')) ? 'latency:' + rest.replace(/\.service$/, '') : null };
  }
};
