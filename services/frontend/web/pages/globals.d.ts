// What a classic script adds to the window: plotly.js has no types of its own.
interface Window {
  Plotly: any;
}
declare const Plotly: any;
