(function () {
  'use strict';
  var tip = document.getElementById('tip');
  function hide() {
    tip.hidden = true;
    document.querySelectorAll('.cursor').forEach(function (line) { line.remove(); });
  }
  function show(plot, index, x, y) {
    var tips = plot.tips || (plot.tips = JSON.parse(plot.dataset.tips));
    plot.index = Math.max(0, Math.min(tips.length - 1, index));
    var at = tips[plot.index];
    hide();
    var left = +plot.getAttribute('x') + at[0] * plot.getAttribute('width');
    var line = document.createElementNS('http://www.w3.org/2000/svg', 'line');
    line.setAttribute('class', 'cursor');
    line.setAttribute('x1', left);
    line.setAttribute('x2', left);
    line.setAttribute('y1', plot.getAttribute('y'));
    line.setAttribute('y2', +plot.getAttribute('y') + +plot.getAttribute('height'));
    plot.parentNode.insertBefore(line, plot);
    tip.textContent = at[1];
    tip.hidden = false;
    var box = plot.getBoundingClientRect();
    if (x === undefined) { x = box.left + at[0] * box.width; y = box.top + 10; }
    tip.style.left = Math.max(4, Math.min(x + 14, window.innerWidth - tip.offsetWidth - 6)) + 'px';
    tip.style.top = Math.max(4, Math.min(y + 14, window.innerHeight - tip.offsetHeight - 6)) + 'px';
  }
  function nearest(plot, x) {
    var tips = plot.tips || (plot.tips = JSON.parse(plot.dataset.tips));
    var box = plot.getBoundingClientRect();
    var share = (x - box.left) / box.width;
    var best = 0;
    for (var i = 1; i < tips.length; i++) {
      if (Math.abs(tips[i][0] - share) < Math.abs(tips[best][0] - share)) { best = i; }
    }
    return best;
  }
  document.querySelectorAll('.plot').forEach(function (plot) {
    plot.addEventListener('pointermove', function (event) {
      show(plot, nearest(plot, event.clientX), event.clientX, event.clientY);
    });
    plot.addEventListener('pointerdown', function (event) {
      show(plot, nearest(plot, event.clientX), event.clientX, event.clientY);
    });
    plot.addEventListener('pointerleave', hide);
    plot.addEventListener('blur', hide);
    plot.addEventListener('keydown', function (event) {
      var tips = plot.tips || (plot.tips = JSON.parse(plot.dataset.tips));
      var now = plot.index === undefined ? tips.length : plot.index;
      var to = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: tips.length - 1 }[event.key];
      if (event.key === 'Escape') { hide(); }
      if (to === undefined) { return; }
      event.preventDefault();
      show(plot, to);
    });
  });
  window.addEventListener('scroll', hide, { passive: true });

  function value(cell) {
    var text = cell.textContent.replace(/[,%\s]/g, '').replace('\u2212', '-');
    return text === '' || isNaN(text) ? null : +text;
  }
  document.querySelectorAll('table.sortable').forEach(function (table) {
    table.querySelectorAll('thead th').forEach(function (head, column) {
      var button = document.createElement('button');
      button.type = 'button';
      button.textContent = head.textContent;
      button.title = 'sort';
      head.textContent = '';
      head.appendChild(button);
      button.addEventListener('click', function () {
        var up = head.getAttribute('aria-sort') !== 'ascending';
        table.querySelectorAll('thead th').forEach(function (other) { other.removeAttribute('aria-sort'); });
        head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
        var body = table.tBodies[0];
        Array.from(body.rows).sort(function (a, b) {
          var x = a.cells[column], y = b.cells[column], m = value(x), n = value(y), order;
          if (m !== null && n !== null) { order = m - n; }
          // What has no number stands last, whichever way.
          else if (m === null && n !== null) { return 1; }
          else if (m !== null) { return -1; }
          else { order = x.textContent.localeCompare(y.textContent); }
          return up ? order : -order;
        }).forEach(function (row) { body.appendChild(row); });
      });
    });
  });

  document.querySelectorAll('.chooser').forEach(function (chooser) {
    var figures = Array.from(chooser.querySelectorAll('figure'));
    var select = chooser.querySelector('select');
    function choose(index) {
      select.selectedIndex = (index + figures.length) % figures.length;
      figures.forEach(function (figure, i) { figure.hidden = i !== select.selectedIndex; });
      hide();
    }
    chooser.querySelector('.choose').hidden = figures.length < 2;
    select.addEventListener('change', function () { choose(select.selectedIndex); });
    chooser.querySelectorAll('button').forEach(function (button) {
      button.addEventListener('click', function () { choose(select.selectedIndex + +button.dataset.by); });
    });
    choose(0);
  });
})();
