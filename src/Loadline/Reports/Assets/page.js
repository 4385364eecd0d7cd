// What a person does with the page: theme, zoom, filter, print, copy. The report and the live page alike.
Loadline.Page = class {
  constructor(model, run) {
    this.filter = { operations: new Set(), outcomes: new Set() };
    this.charts = new Loadline.Charts(new Loadline.Figures(model, run, this.filter), model, run);
    this.model = model; this.run = run;
    this.#theme();
    this.#paper();
    this.#copy();
    this.tools = document.getElementById('tools');
    this.charts.onZoom(() => this.#said());
    this.refreshTools();
  }

  // The tools above the charts: rebuilt when there are other operations or spans to choose from.
  refreshTools() {
    const { model } = this, spans = this.#spans(), key = JSON.stringify([model.operations, spans.map(span => span.name)]);
    if (!this.tools || key === this.toolsKey || model.length === 0) return;
    this.toolsKey = key;
    const e = Loadline.element, button = (text, label, act) => e('button', { type: 'button', title: label, 'aria-label': label, onclick: act }, text);
    const select = e('select', { 'aria-label': 'Show', onchange: () => this.#show(select.value) }, e('option', { value: '' }, 'whole run'), ...spans.map((span, i) => e('option', { value: i }, span.name)));
    this.select = select;
    this.shown = e('output', { class: 'dim', 'aria-live': 'polite' });
    this.tools.replaceChildren(
      e('div', { role: 'group', 'aria-label': 'Zoom' }, select, button('+', 'Zoom in', () => this.#scale(.5)), button('−', 'Zoom out', () => this.#scale(2)),
        button('←', 'Earlier', () => this.#move(-.5)), button('→', 'Later', () => this.#move(.5)), e('button', { type: 'button', title: 'Show the whole run', onclick: () => this.charts.zoom(null) }, 'Reset'), this.shown),
      this.#choices('Operations', model.operations, this.filter.operations), this.#choices('Outcomes', Loadline.outcomes, this.filter.outcomes));
    this.tools.hidden = false;
    this.#said();
  }

  // Hides rows, figures and exchanges that the filter leaves out.
  apply() {
    const { operations, outcomes } = this.filter;
    for (const element of document.querySelectorAll('[data-operation]'))
      element.hidden = operations.has(element.dataset.operation) || (element.dataset.outcome !== undefined && outcomes.has(element.dataset.outcome));
    for (const group of document.querySelectorAll('[data-exchanges]')) {
      const all = [...group.querySelectorAll('.exchange')];
      group.querySelector('.hiding').hidden = all.length === 0 || all.some(one => !one.hidden);
    }
    this.charts.draw();
  }

  #spans() {
    const run = this.run(), around = fault => ({ name: `fault ${fault.name}`, start: fault.start - 20, end: (fault.end ?? this.charts.range()[1]) + 20 });
    return [...run.phases.filter(phase => phase.name === 'hold').map(phase => ({ ...phase, name: 'hold phase' })), ...run.faults.filter(fault => fault.start != null).map(around)].filter(span => span.start <= this.charts.range()[1]);
  }

  #show(value) {
    const span = this.#spans()[value];
    this.charts.zoom(span ? [span.start, span.end] : null);
    this.select.value = value;
  }

  #choices(title, names, hidden) {
    const e = Loadline.element, box = name => e('label', {}, e('input', { type: 'checkbox', checked: !hidden.has(name), 'data-filter': name, onchange: event => { event.target.checked ? hidden.delete(name) : hidden.add(name); this.apply(); } }), ' ' + name.replace('_', ' '));
    return e('fieldset', {}, e('legend', {}, title), ...names.map(box));
  }

  #scale(factor) {
    const [from, to] = this.charts.view ?? this.charts.range(), middle = (from + to) / 2, half = Math.max(2, (to - from) * factor / 2);
    this.charts.zoom([middle - half, middle + half]);
  }

  #move(share) {
    if (!this.charts.view) return;
    const [from, to] = this.charts.view, [first, last] = this.charts.range(), by = Math.min(last - to, Math.max(first - from, (to - from) * share));
    this.charts.zoom([from + by, to + by]);
  }

  #said() {
    if (!this.shown) return;
    const view = this.charts.view;
    this.select.value = '';
    this.shown.textContent = view ? `${Loadline.format.clock(view[0])} – ${Loadline.format.clock(view[1])}` : 'drag over a chart to zoom';
  }

  #theme() {
    const root = document.documentElement, dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', () => this.charts.draw());
    document.getElementById('theme').addEventListener('click', () => {
      const now = root.dataset.theme ?? (dark.matches ? 'dark' : 'light');
      root.dataset.theme = now === 'dark' ? 'light' : 'dark';
      this.charts.draw();
    });
  }

  // Paper is white.
  #paper() {
    const root = document.documentElement;
    let before;
    addEventListener('beforeprint', () => { before = root.dataset.theme; root.dataset.theme = 'light'; this.charts.drawAll(); });
    addEventListener('afterprint', () => { if (before) root.dataset.theme = before; else delete root.dataset.theme; this.charts.drawAll(); });
  }

  #copy() {
    for (const button of document.querySelectorAll('[data-copy]'))
      button.addEventListener('click', async () => {
        const source = document.getElementById(button.dataset.copy);
        try { await navigator.clipboard.writeText(source.textContent); button.textContent = 'Copied'; }
        catch { getSelection().selectAllChildren(source); button.textContent = 'Selected'; }
      });
  }
};
