// Starts ReDoc, once it is there. This script runs before it: ReDoc makes its style sheets itself, some of them before anybody could
// tell it a nonce, and the nonce of this script, put on them, is what lets them in.
const { nonce } = document.currentScript;
const make = document.createElement.bind(document);

document.createElement = (name, options) => {
  const element = make(name, options);
  if (name === 'style') element.nonce = nonce;
  return element;
};

document.addEventListener('DOMContentLoaded', () => {
  const place = document.getElementById('api');
  const typography = {
    fontFamily: 'system-ui, sans-serif',
    headings: { fontFamily: 'system-ui, sans-serif' },
    code: { fontFamily: 'ui-monospace, monospace' },
  };
  Redoc.init(place.dataset.description, { theme: { typography } }, place);
});
