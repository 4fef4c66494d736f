// What scripts add to pages: parts refresh, forms ask before they delete, texts are copied, uploads show progress.
import htmx from 'htmx.org/dist/htmx.esm.js';

htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;
htmx.config.selfRequestsOnly = true;
htmx.config.historyCacheSize = 0;
// Back and forward load the page that the address names, whole.
htmx.config.refreshOnHistoryMiss = true;
// An error is a page too, and its sentence must be shown.
htmx.config.responseHandling = [{ code: '204', swap: false }, { code: '[23]..', swap: true }, { code: '[45]..', swap: true, error: true }];

const copied = button => {
  if (button.dataset.was)
    return;
  const was = [...button.childNodes];
  button.dataset.was = 'kept';
  button.replaceChildren('Copied');
  button.addEventListener('blur', () => { button.replaceChildren(...was); delete button.dataset.was; }, { once: true });
};

document.addEventListener('click', event => {
  const button = event.target.closest('[data-copy]');
  const text = button && document.getElementById(button.dataset.copy)?.textContent;
  if (!text)
    return;
  if (navigator.clipboard)
    navigator.clipboard.writeText(text).then(() => copied(button));
  else
    getSelection().selectAllChildren(document.getElementById(button.dataset.copy));
});

document.addEventListener('submit', event => {
  const question = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
  if (question && !confirm(question))
    event.preventDefault();
}, { capture: true });

// A checkbox that selects all rows of a table.
document.addEventListener('change', event => {
  if (!event.target.matches('[data-check-all]'))
    return;
  for (const box of document.getElementsByName(event.target.dataset.checkAll))
    box.checked = event.target.checked;
});

document.addEventListener('htmx:xhr:progress', event => {
  const bar = event.target.querySelector?.('progress[data-upload]');
  if (!bar || !event.detail.lengthComputable)
    return;
  bar.hidden = false;
  bar.max = event.detail.total;
  bar.value = event.detail.loaded;
});

// Files that are too large are not sent.
document.addEventListener('change', event => {
  const { maxBytes, tooLarge } = event.target.dataset;
  if (maxBytes)
    event.target.setCustomValidity([...event.target.files].some(file => file.size > Number(maxBytes)) ? tooLarge : '');
});

const tellFailure = element => {
  const sentence = element.querySelector?.('[data-send-error]');
  if (sentence)
    sentence.hidden = false;
};

document.addEventListener('htmx:sendError', event => tellFailure(event.target));

// An answer without the requested part is an error page: it replaces the whole page, never the part.
document.addEventListener('htmx:beforeSwap', event => {
  const { xhr, requestConfig: { elt, verb }, pathInfo } = event.detail;
  const part = elt.closest('[hx-select]')?.getAttribute('hx-select').slice(1);
  if (xhr.status < 400 || (part ? xhr.response.includes(`id="${part}"`) : xhr.status < 500))
    return;
  event.detail.shouldSwap = false;
  if (part && verb === 'get' && !elt.matches('[data-refresh]'))
    location.assign(pathInfo.finalRequestPath);
  else
    tellFailure(elt);
});

// After a login, show the interrupted form; do not send it.
document.querySelector('form[data-resume]')?.requestSubmit();

// Counts refresh after some seconds while the page is visible.
let refreshed = Date.now();
const refresh = () => {
  const part = document.querySelector('[data-refresh]');
  if (!part || document.hidden || Date.now() - refreshed < Number(part.dataset.refresh) * 1000)
    return;
  refreshed = Date.now();
  htmx.trigger(part, 'refresh');
};
setInterval(refresh, 1000);
document.addEventListener('visibilitychange', refresh);

// A form that takes a while is sent once.
document.addEventListener('submit', event => {
  // Only after sending: a disabled button is not part of the form data.
  if (event.submitter && event.target.matches('[data-once]'))
    setTimeout(() => { event.submitter.disabled = true; });
});
