(function () {
  'use strict';
  function visible() {
    return Array.from(document.querySelectorAll('.chooser figure')).filter(function (figure) { return !figure.hidden; });
  }
  function name() {
    return visible().map(function (figure) {
      return Array.from(figure.querySelectorAll('text')).map(function (text) { return text.textContent; }).filter(function (text) {
        return /^[A-Z]{3}$/.test(text);
      })[0];
    }).join('+');
  }
  var tip = document.getElementById('tip');
  var figures = document.querySelectorAll('.chooser figure').length;
  var before = name();
  document.querySelector('.choose button[data-by="1"]').click();
  var after = name();

  var plot = visible()[0].querySelector('.plot');
  var box = plot.getBoundingClientRect();
  plot.dispatchEvent(new PointerEvent('pointermove', { clientX: box.right - 2, clientY: box.top + 5, bubbles: true }));
  var hovered = !tip.hidden && /forecast/.test(tip.textContent) && document.querySelector('.cursor') ? 'forecast' : 'none';
  plot.dispatchEvent(new PointerEvent('pointerleave'));
  plot.dispatchEvent(new KeyboardEvent('keydown', { key: 'Home', bubbles: true }));
  plot.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }));
  var keyed = !tip.hidden && /observed/.test(tip.textContent) ? 'observed' : 'none';

  var table = Array.from(document.querySelectorAll('table.sortable')).filter(function (one) {
    return one.tHead.rows[0].cells[0].textContent === 'series';
  })[0];
  function column() {
    return Array.from(table.tBodies[0].rows).map(function (row) { return +row.cells[2].textContent; });
  }
  var button = table.tHead.rows[0].cells[2].querySelector('button');
  button.click();
  var up = column();
  button.click();
  var down = column();
  var sorted = up.every(function (v, i) { return i === 0 || up[i - 1] <= v; }) && down.join() === up.slice().reverse().join();

  // What the forecasts rest on: a figure of bars after its heading, with the table's columns in it.
  var rests = document.getElementById('rests');
  while (rests && rests.tagName !== 'FIGURE') { rests = rests.nextElementSibling; }
  rests = rests && /dewp/.test(rests.textContent) && /lag 1/.test(rests.textContent);

  var outside = performance.getEntriesByType('resource').filter(function (entry) { return !/^data:/.test(entry.name); }).length;
  document.title = 'seen: faults ' + window.faults.length + '; figures ' + figures + '; shown ' + before + ' then ' + after +
    '; rests ' + (rests ? 'bars' : 'no') + '; tip ' + hovered + '; key tip ' + keyed + '; sorted ' + (sorted ? 'yes' : 'no') + '; outside ' + outside;
})();
