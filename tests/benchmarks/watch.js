// Runs before the page's own scripts and remembers when something last changed on the screen: elements, WebGL, canvas.
(() => {
  const seen = (window.__seen = { drawn: 0, acted: 0, message: 0, messages: 0, bytes: 0, progress: null })
  const PROGRESS = '.st-key-progress > *, [data-testid=stSpinner], [data-testid=stProgress], ' +
    '[data-testid=stStatusWidgetRunningIcon], [data-testid=stStatus], #arrival'
  let waiting = false
  // A change counts from when it is on the screen: behind the next frame, not when the script asked for it.
  const changed = () => {
    if (waiting) return
    waiting = true
    requestAnimationFrame(() => setTimeout(() => { waiting = false; seen.drawn = performance.now() }))
  }
  seen.still = () => !waiting

  new MutationObserver((records) => {
    for (const record of records) {
      const element = record.target.nodeType === 1 ? record.target : record.target.parentElement
      // The tables' hidden copy for screen readers follows later and changes nothing on the screen; the line that tells
      // how old the view is ticks for ever.
      if (element?.closest('[data-testid=stMain]') && !element.closest('canvas, .st-key-freshness')) { changed(); break }
    }
    if (seen.progress === null && document.querySelector(PROGRESS)) seen.progress = performance.now()
  }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true })

  const wrap = (prototype, names) => names.forEach((name) => {
    const original = prototype?.[name]
    if (original) prototype[name] = function (...given) { changed(); return original.apply(this, given) }
  })
  for (const kind of [window.WebGLRenderingContext, window.WebGL2RenderingContext])
    wrap(kind?.prototype, ['drawArrays', 'drawElements', 'drawArraysInstanced', 'drawElementsInstanced'])
  wrap(window.CanvasRenderingContext2D?.prototype, ['fillText'])

  window.WebSocket = class extends window.WebSocket {
    constructor(...given) {
      super(...given)
      this.addEventListener('message', ({ data }) => {
        seen.message = performance.now()
        seen.messages += 1
        seen.bytes += data.byteLength ?? data.size ?? data.length
      })
    }
  }
  const acts = () => Object.assign(seen, { acted: performance.now(), messages: 0 })
  addEventListener('keydown', ({ key }) => key === 'Enter' && acts(), true)
  addEventListener('pointerup', ({ target }) => target.closest?.('[aria-label="Clear value"], .st-key-chip_eventType_0') && acts(), true)
  performance.setResourceTimingBufferSize(10000)
})()
