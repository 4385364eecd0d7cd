// The report: everything is in the page already.
(() => {
  const data = id => JSON.parse(document.getElementById(id).textContent);
  const summary = data('summary-data'), spread = data('spread-data');
  const run = { ...summary, spread: spread.of, about: spread.about };
  Loadline.page = new Loadline.Page(new Loadline.Model(data('series-data')), () => run);
})();
