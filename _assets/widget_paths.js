// Tell require.js that the widget manager lies beside us (never on a CDN), and keep Font Awesome from rewriting
// the icons inside ipywidgets' Play control, which would detach its buttons from their handlers.
require.config({ baseUrl: document.currentScript.src.replace(/[^\/]*$/, "vendor/") });
window.FontAwesomeConfig = { observeMutations: false };
