'use strict';
// What the report and the live page share hangs on one name; each file adds its part.
const Loadline = {};

// Numbers as people read them, as Quantity.cs has them: three digits, and the unit that needs no zeros.
Loadline.format = (() => {
  const grouped = v => Math.round(v).toLocaleString('en').replace(/,/g, '\u202f');
  const digits = v => v === 0 ? '0' : Math.abs(v) < 10 ? String(+v.toPrecision(3)) : Math.abs(v) < 100 ? v.toFixed(1).replace(/\.0$/, '') : grouped(v);
  const seconds = v => v == null ? '–' : v === 0 ? '0 s' : v < 1e-3 ? digits(v * 1e6) + ' µs' : v < 1 ? digits(v * 1e3) + ' ms' : v < 120 ? digits(v) + ' s' : digits(v / 60) + ' min';
  const bytes = v => v == null ? '–' : v < 2 ** 10 ? digits(v) + ' B' : v < 2 ** 20 ? digits(v / 2 ** 10) + ' KiB' : v < 2 ** 30 ? digits(v / 2 ** 20) + ' MiB' : digits(v / 2 ** 30) + ' GiB';
  const plain = v => v == null ? '–' : digits(v);
  const percent = v => v == null ? '–' : +v.toFixed(Math.abs(v) > 99 && Math.abs(v) < 100 ? 3 : 2) + ' %';
  const clock = t => Math.floor(Math.round(t) / 60) + ':' + String(Math.round(t) % 60).padStart(2, '0');
  const of = { s: seconds, B: bytes, 'B/s': v => v == null ? '–' : bytes(v) + '/s', '%': percent, '1/s': v => plain(v) + '/s', '': plain };
  return { seconds, bytes, plain, percent, clock, in: unit => of[unit] ?? (v => v == null ? '–' : digits(v) + ' ' + unit) };
})();

// Elements from names, attributes and children: text is text, never HTML.
Loadline.element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes))
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, '');
    else if (value != null && value !== false) made.setAttribute(key, value);
  made.append(...children.filter(child => child != null));
  return made;
};

Loadline.table = (label, heads, rows, kind = null) => {
  const e = Loadline.element;
  return e('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': label }, e('table', { class: kind },
    e('thead', {}, e('tr', {}, ...heads.map((head, i) => e('th', { scope: 'col', class: i ? 'n' : null }, head)))),
    e('tbody', {}, ...rows.map(row => e('tr', row.attributes ?? {}, ...row.cells.map((cell, i) => i ? e('td', { class: 'n' }, cell) : e('th', { scope: 'row' }, cell)))))));
};
