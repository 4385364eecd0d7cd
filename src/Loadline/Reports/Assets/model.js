// What was measured, as columns over time: the report has them in the page, the live page adds line after line of the run folder.
Loadline.outcomes = ['ok', 'degraded', 'throttled', 'failed', 'timed_out'];

Loadline.Model = class {
  // Of a run of longer than two hours the live page shows the last two; the report has all of it.
  static most = 7200;
  static plain = ['users', 'tokens', 'ttftP50', 'ttftP95', 'gapP50', 'gapP95', 'searchableP95'];
  static figures = { p50: 'p50', p95: 'p95', p99: 'p99', serviceP95: 'serviceP95' };

  constructor(columns = null) {
    this.columns = columns;
    if (!columns) this.clear();
  }

  clear() {
    this.columns = { t: [], operations: {}, processes: { t: [], of: {} }, inside: {}, ...Object.fromEntries(Loadline.Model.plain.map(name => [name, []])) };
  }

  get t() { return this.columns.t; }
  get length() { return this.t.length; }
  get operations() { return Object.keys(this.columns.operations).sort(); }
  get end() { return this.length ? this.t[this.length - 1] : 0; }

  // A line of series.jsonl.
  add(point) {
    const { columns } = this, { most, plain, figures } = Loadline.Model, before = this.length;
    columns.t.push(point.t);
    for (const name of plain) columns[name].push(point[name] ?? null);
    for (const name of Object.keys(point.operations)) columns.operations[name] ??= Loadline.Model.operation(before);
    for (const [name, of] of Object.entries(columns.operations)) {
      const now = point.operations[name];
      for (const outcome of Loadline.outcomes) of[outcome].push(now?.[outcome === 'timed_out' ? 'timedOut' : outcome] ?? 0);
      for (const [column, property] of Object.entries(figures)) of[column].push(now?.[property] ?? null);
    }
    if (point.processes && Object.keys(point.processes).length) this.#addProcesses(point);
    if (this.length > most) this.#shift();
  }

  // A look at the target from inside: metric, unit, part, value.
  addInside(look) {
    for (const [name, unit, part, value] of look.of) {
      const { of } = this.columns.inside[name] ??= { unit, of: {} };
      const line = of[part] ??= { t: [], v: [] };
      line.t.push(look.t);
      line.v.push(value);
      if (line.t.length > Loadline.Model.most) { line.t.shift(); line.v.shift(); }
    }
  }

  // The latest value of a metric from inside, its parts added up; null without one.
  insideNow(name) {
    const lines = Object.values(this.columns.inside[name]?.of ?? {});
    return lines.length ? lines.reduce((sum, line) => sum + line.v[line.v.length - 1], 0) : null;
  }

  // The latest value of a metric from inside, the mean of its parts; null without one.
  insideMean(name) { return this.insideNow(name) == null ? null : this.insideNow(name) / Object.keys(this.columns.inside[name].of).length; }

  // Requests of some operations and outcomes, second by second.
  count(operations, outcomes) {
    return this.t.map((_, i) => operations.reduce((sum, name) => outcomes.reduce((part, outcome) => part + this.columns.operations[name][outcome][i], sum), 0));
  }

  #addProcesses(point) {
    const { processes } = this.columns, before = processes.t.length;
    processes.t.push(point.t);
    for (const name of Object.keys(point.processes)) processes.of[name] ??= { cpu: Array(before).fill(null), memory: Array(before).fill(null) };
    for (const [name, of] of Object.entries(processes.of)) {
      of.cpu.push(point.processes[name]?.cpuCores ?? null);
      of.memory.push(point.processes[name]?.memoryBytes ?? null);
    }
    if (processes.t.length > Loadline.Model.most)
      [processes.t, ...Object.values(processes.of).flatMap(of => [of.cpu, of.memory])].forEach(column => column.shift());
  }

  #shift() {
    const { columns } = this;
    [columns.t, ...Loadline.Model.plain.map(name => columns[name]), ...Object.values(columns.operations).flatMap(of => Object.values(of))].forEach(column => column.shift());
  }

  static operation(length) {
    return Object.fromEntries([...Loadline.outcomes.map(name => [name, Array(length).fill(0)]), ...Object.keys(Loadline.Model.figures).map(name => [name, Array(length).fill(null)])]);
  }
};
