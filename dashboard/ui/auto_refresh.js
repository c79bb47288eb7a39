// What the browser does for a view that refreshes itself. It is sent once for each visit (`pulse.code`); the line that
// tells how old the picture is comes again with every answer, and only calls what is here.
const KEY = "st-key-"
const COVER_MS = 5000

const main = () => document.querySelector("[data-testid=stMain]")
const keyOf = (element) => [...element.closest(`[class*=${KEY}]`).classList].find((name) => name.startsWith(KEY))

// Tables in which a person has scrolled down: what they read must not move.
const scrolled = () =>
  [...main().querySelectorAll(`[class*=${KEY}] .dvn-scroller`)]
    .filter((scroller) => scroller.scrollTop > 0)
    .map((scroller) => keyOf(scroller).slice(KEY.length))

// A figure that has changed is built anew: it leaves full screen, and until it is drawn there is nothing. Its picture
// stands in meanwhile, and it is taken back to full screen.
const DRAWN = ".js-plotly-plot:not(.picture *):not([style*='visibility: hidden']) .main-svg"
const WIDEN = "[data-title='Fullscreen']"
const WIDE = "[data-title='Close fullscreen']:not(.picture *)"

const pictureOf = (plot) => {
  const picture = document.createElement("div")
  picture.className = "picture"
  picture.ariaHidden = "true"
  Object.assign(picture.style, { position: "absolute", inset: "0", pointerEvents: "none" })
  const wide = plot.querySelector(WIDE) !== null
  if (wide) {
    const { backgroundColor, padding, zIndex } = getComputedStyle(plot.closest("[data-testid=stFullScreenFrame]"))
    Object.assign(picture.style, { position: "fixed", backgroundColor, padding, zIndex })
  }
  picture.append(plot.cloneNode(true))
  return { plot, picture, wide, key: keyOf(plot) }
}

let uncover = () => {}
const cover = () => {
  uncover()
  const pictures = [...main().querySelectorAll(`[class*=${KEY}] .js-plotly-plot`)].map(pictureOf)
  const look = new MutationObserver(() => {
    for (const one of pictures) {
      const place = main()?.querySelector(`.${CSS.escape(one.key)}:not([data-retained=true])`)
      if (one.done || !place || place.contains(one.plot)) continue
      const drawn = place.querySelector(DRAWN)
      if (drawn && one.wide && !one.widened) {
        one.widened = true
        place.querySelector(WIDEN)?.click()
      }
      one.done = drawn && (!one.wide || place.querySelector(WIDE))
      if (one.done) one.picture.remove()
      else if (one.picture.parentElement !== place) place.append(one.picture)
    }
  })
  look.observe(main(), { childList: true, subtree: true, attributeFilter: ["style"] })
  const end = setTimeout(() => uncover(), COVER_MS)
  uncover = () => {
    clearTimeout(end)
    look.disconnect()
    pictures.forEach(({ picture }) => picture.remove())
  }
}

// A map whose WebGL context is lost (the computer slept, another page took its memory) stays blank: the server is told,
// again and again where that didn't reach it, and gives a new one.
const LOST_AGAIN_MS = 5000
let lost = null
const loses = ({ target }) => {
  if (target.closest?.(`.${KEY}session_map`)) lost = { canvas: target, told: -Infinity }
}
const mapIsLost = () => {
  if (!lost?.canvas.isConnected) lost = null
  if (!lost || document.visibilityState !== "visible" || performance.now() - lost.told < LOST_AGAIN_MS) return false
  lost.told = performance.now()
  return true
}

// The line ticks, and it asks the server again when that is due: never from a hidden tab, which asks at once when it is
// looked at again.
const stops = new WeakMap()

const line = ({ data, setTriggerValue, parentElement }) => {
  stops.get(parentElement)?.()
  const line = parentElement.querySelector(".gridrt-freshness")
  const since = performance.now()
  const passed = () => (performance.now() - since) / 1000

  const words = (seconds) => {
    const whole = Math.max(0, Math.floor(seconds))
    if (whole < 60) return `${whole} s`
    const minutes = Math.floor(whole / 60)
    if (minutes < 60) return `${minutes} min`
    const hours = Math.floor(minutes / 60)
    if (hours >= 48) return `${Math.floor(hours / 24)} d`
    return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`
  }
  const ahead = Date.now() / 1000 - data.now
  const tick = () => {
    const parts = []
    if (data.age !== null) parts.push(`updated ${words(data.age + passed())} ago`)
    if (data.fetching !== null && data.fetching + passed() >= data.slow) {
      parts.push(`waiting for the API for ${words(data.fetching + passed())}`)
    }
    if (data.next_try !== null) {
      const left = data.next_try - passed()
      parts.push(left > 0 ? `next try in ${words(left)}` : "trying again")
    }
    parts.push(...data.more)
    if (Math.abs(ahead) > data.clock_tolerance) {
      const minutes = Math.round(Math.abs(ahead) / 60)
      parts.push(`this computer's clock is ${words(60 * minutes)} ${ahead > 0 ? "fast" : "slow"}`)
    }
    line.textContent = parts.join(" · ")
  }
  const ask = () => {
    if (document.visibilityState !== "visible" || passed() < data.wait) return
    document.removeEventListener("visibilitychange", ask)
    cover()
    setTriggerValue("due", { scrolled: scrolled() })
  }

  const look = () => {
    tick()
    if (mapIsLost()) setTriggerValue("lost", true)
  }

  look()
  const ticking = setInterval(look, 1000)
  let waiting = null
  if (data.wait !== null) {
    waiting = setTimeout(ask, data.wait * 1000 + 20)
    document.addEventListener("visibilitychange", ask)
  }
  const stop = () => {
    clearInterval(ticking)
    clearTimeout(waiting)
    document.removeEventListener("visibilitychange", ask)
  }
  // New data comes by another call of this function; the end is told only when the line goes for good.
  stops.set(parentElement, stop)
  return stop
}

// Plotly keeps a finger that touches a figure from scrolling the page. It doesn't see fingers here: a tap reaches it as a
// click does, because the browser makes one of it, and a finger that goes to the side where a drag selects, as the mouse.
const figure = (event) => event.target.closest?.(`[class*=${KEY}] .js-plotly-plot`)
const SIDEWAYS_PIXELS = 8

let finger = null
const mouse = (kind, { clientX, clientY }) =>
  finger.target.dispatchEvent(
    new MouseEvent(kind, { bubbles: true, cancelable: true, view: window, clientX, clientY, buttons: 1 })
  )
const touches = {
  touchstart: (event) => {
    finger?.dragging && mouse("mouseup", finger.start)
    const alone = event.touches.length === 1 && figure(event)?.layout?.dragmode === "select"
    finger = alone ? { start: event.touches[0], target: event.target, dragging: false } : null
  },
  touchmove: (event) => {
    if (!finger) return
    const [now] = event.touches
    const across = Math.abs(now.clientX - finger.start.clientX)
    if (!finger.dragging && across > SIDEWAYS_PIXELS && across > Math.abs(now.clientY - finger.start.clientY)) {
      finger.dragging = true
      mouse("mousedown", finger.start)
    }
    if (finger.dragging) mouse("mousemove", now)
  },
  touchend: (event) => {
    if (finger?.dragging) mouse("mouseup", event.changedTouches[0])
    finger = null
  },
}
touches.touchcancel = touches.touchend
const touch = (event) => {
  if (!figure(event)) return
  event.stopPropagation()
  touches[event.type](event)
}

// Streamlit's own search and sort see the one page that a table has, and take exact numbers for texts; no argument of
// `st.dataframe` switches them off. So a click on the header doesn't reach these tables: what ends it is told as if it
// had been elsewhere. Columns can be moved and widened as ever. Instead of the search of a page the browser's is opened;
// its button is hidden by `style.css`.
const PAGED = ["event_feed", "event_table", "session_table", "latest_table"]
const UNSORTED = [...PAGED, "timeline", "revenue"]
const HEADER_PIXELS = 35

const within = ({ target }, names, part) => target.closest?.(names.map((name) => `.${KEY}${name}${part}`).join())
const onHeader = (event) => {
  const table = within(event, UNSORTED, " .dvn-scroller")
  return table && event.clientY - table.getBoundingClientRect().top <= HEADER_PIXELS
}
// A tap gives the table the focus, and then, where the browser's own mouse event comes after it, takes it away again.
const focusTable = (event) => {
  const table = event.target.closest?.(`[class*=${KEY}]:has(> * .dvn-scroller)`)
  setTimeout(() => {
    if (table && !table.contains(document.activeElement)) table.querySelector("canvas[tabindex]")?.focus({ preventScroll: true })
  })
}
let pressed = false
const presses = {
  pointerdown: (event) => { pressed = onHeader(event) },
  pointerup: (event) => {
    if (!pressed || !event.isTrusted) return
    pressed = false
    event.stopPropagation()
    const { pointerId, pointerType } = event
    const elsewhere = { bubbles: true, cancelable: true, pointerId, pointerType, clientX: -1, clientY: -1 }
    document.body.dispatchEvent(new PointerEvent("pointerup", elsewhere))
  },
  click: (event) => {
    if (onHeader(event)) event.stopPropagation()
    focusTable(event)
  },
  keydown: (event) => {
    const searches = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "f"
    if (searches && within(event, PAGED, "")) event.stopPropagation()
  },
}

export default function () {
  window.gridrtLine = line
  window.dispatchEvent(new Event("gridrt-line"))
  const gone = new AbortController()
  const first = { capture: true, signal: gone.signal }
  for (const kind of Object.keys(touches)) {
    document.addEventListener(kind, touch, { ...first, passive: true })
  }
  document.addEventListener("webglcontextlost", loses, first)
  for (const [kind, handle] of Object.entries(presses)) document.addEventListener(kind, handle, first)
  return () => gone.abort()
}
