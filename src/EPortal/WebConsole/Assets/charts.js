// Draws <canvas data-chart="line|doughnut" data-labels="[…]" data-series="[{name, values, color}]" data-links="[…]">.
// The same figures are beside it as a table, for screen readers.
import {
  ArcElement, BarController, BarElement, CategoryScale, Chart, DoughnutController, Filler, Legend, LineController, LineElement, LinearScale, PointElement, Tooltip,
} from 'chart.js';

Chart.register(ArcElement, BarController, BarElement, CategoryScale, DoughnutController, Filler, Legend, LineController, LineElement, LinearScale, PointElement, Tooltip);

// As the browser resolves it: the kit's own values are such that a canvas does not know (light-dark).
const color = name => {
  const probe = document.body.appendChild(document.createElement('i'));
  probe.style.color = `var(--tblr-${name})`;
  const { color: resolved } = getComputedStyle(probe);
  probe.remove();
  return resolved;
};
const names = ['blue', 'green', 'orange', 'purple', 'cyan', 'pink', 'lime', 'yellow', 'indigo', 'teal', 'gray-400'];

const round = (canvas, labels, [series]) => ({
  type: 'doughnut',
  data: { labels, datasets: [{ data: series.values, backgroundColor: (series.colors ?? names).map(color), borderWidth: 0 }] },
  options: { cutout: '65%', plugins: { legend: { position: 'bottom' } } },
});

const over = (type, labels, series) => ({
  type,
  data: {
    labels,
    datasets: series.map((one, index) => {
      const line = color(one.color ?? names[index]);
      return { label: one.name, data: one.values, borderColor: line, backgroundColor: type === 'bar' ? line : `color-mix(in srgb, ${line} 20%, transparent)`, fill: true, tension: 0.3, pointRadius: 0, borderWidth: 2 };
    }),
  },
  options: {
    interaction: { mode: 'index', intersect: false },
    plugins: { legend: { display: series.length > 1, position: 'bottom' } },
    scales: { x: { grid: { display: false }, ticks: { maxTicksLimit: 8, maxRotation: 0 } }, y: { beginAtZero: true, ticks: { precision: 0 } } },
  },
});

for (const canvas of document.querySelectorAll('canvas[data-chart]')) {
  const { chart, labels, series, links } = canvas.dataset;
  const [texts, lines] = [JSON.parse(labels), JSON.parse(series)];
  const config = chart === 'doughnut' ? round(canvas, texts, lines) : over(chart, texts, lines);
  const targets = links ? JSON.parse(links) : [];
  Chart.defaults.color = color('body-color');
  Chart.defaults.borderColor = color('border-color');
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Object.assign(config.options, {
    maintainAspectRatio: false,
    animation: false,
    onClick: (_, [hit]) => { if (hit && targets[hit.index]) location.href = targets[hit.index]; },
    onHover: (event, [hit]) => { canvas.classList.toggle('cursor-pointer', !!hit && !!targets[hit.index]); },
  });
  new Chart(canvas, config);
}
