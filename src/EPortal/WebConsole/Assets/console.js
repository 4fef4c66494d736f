// What pages do beyond what they do without a script: parts of them are fetched anew, forms ask before they destroy,
// texts are copied, uploads show how far they are.
import htmx from 'htmx.org/dist/htmx.esm.js';

htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;
htmx.config.selfRequestsOnly = true;
htmx.config.historyCacheSize = 0;
// Back and forward load the page that the address names, whole.
htmx.config.refreshOnHistoryMiss = true;
// A refusal is a page too, with a sentence that somebody has to read.
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

// One box that ticks all of a table's.
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

// What is too large to be taken is not sent in the first place.
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

// An answer without the part that was asked for is the page of an error: it takes the place of the whole page, never of the part.
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

// After a login: on to the form that was being filled in. It is shown, not sent.
document.querySelector('form[data-resume]')?.requestSubmit();

// What is counted is fetched anew after so many seconds, while somebody looks.
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
  // Not before it is sent: a button that is off is not among what goes with it.
  if (event.submitter && event.target.matches('[data-once]'))
    setTimeout(() => { event.submitter.disabled = true; });
});
