// The line with the age of the data: it counts the seconds, and asks the server for a refresh when that is due.
// Streamlit evaluates this module once and calls the function again with each new data, so what is kept between two
// calls is kept by element.
const running = new WeakMap()

// When the page was last clicked, typed into or gone back from: the answer to that comes first. A refresh that is asked
// for before that is there names the link from before it, which the server has to notice (`link_changes.py`).
let used = -Infinity
for (const kind of ["pointerdown", "pointerup", "keydown", "popstate"]) {
  addEventListener(kind, () => { used = performance.now() }, { capture: true, passive: true })
}

const duration = (seconds) => {
  const whole = Math.max(0, Math.floor(seconds))
  if (whole < 60) return `${whole} s`
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours >= 48) return `${Math.floor(hours / 24)} d`
  return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`
}

const sentence = (data, passed, clockAhead) => {
  const parts = []
  if (data.age !== null) parts.push(`updated ${duration(data.age + passed)} ago`)
  if (data.fetching !== null && data.fetching + passed >= data.slow) {
    parts.push(`waiting for the API for ${duration(data.fetching + passed)}`)
  }
  if (data.next_try !== null) {
    const left = data.next_try - passed
    parts.push(left > 0 ? `next try in ${duration(left)}` : "trying again")
  }
  parts.push(...data.more)
  if (Math.abs(clockAhead) > data.clock_tolerance) {
    const minutes = Math.round(Math.abs(clockAhead) / 60)
    parts.push(`this computer's clock is ${duration(60 * minutes)} ${clockAhead > 0 ? "fast" : "slow"}`)
  }
  return parts.join(" · ")
}

// The keys of the tables that are scrolled down: the server keeps their rows in place.
const KEY = "st-key-"
const scrolledTables = () =>
  [...document.querySelectorAll(`[class*=${KEY}] .dvn-scroller`)]
    .filter((scroller) => scroller.scrollTop > 0)
    .map((scroller) => scroller.closest(`[class*=${KEY}]`))
    .map((element) => [...element.classList].find((name) => name.startsWith(KEY)).slice(KEY.length))

export default function ({ data, setTriggerValue, parentElement }) {
  running.get(parentElement)?.abort()
  const end = new AbortController()
  running.set(parentElement, end)
  const text = parentElement.querySelector(".gridrt-freshness")
  const began = performance.now()
  const passed = () => (performance.now() - began) / 1000
  const clockAhead = Date.now() / 1000 - data.now

  const tick = () => { text.textContent = sentence(data, passed(), clockAhead) }
  tick()
  const ticking = setInterval(tick, 1000)
  end.signal.addEventListener("abort", () => clearInterval(ticking))

  if (data.wait !== null) {
    let asked = false
    // A hidden tab asks when it becomes visible.
    const ask = () => {
      if (end.signal.aborted || asked || document.visibilityState !== "visible" || passed() < data.wait) return
      const left = used + data.quiet * 1000 - performance.now()
      if (left > 0) {
        clearTimeout(waiting)
        waiting = setTimeout(ask, left + 20)
        return
      }
      asked = true
      // For `browser_fixes.js`, before the page changes.
      document.dispatchEvent(new Event("gridrt-refresh"))
      setTriggerValue("due", { scrolled: scrolledTables() })
    }
    let waiting = setTimeout(ask, data.wait * 1000 + 20)
    end.signal.addEventListener("abort", () => clearTimeout(waiting))
    document.addEventListener("visibilitychange", ask, { signal: end.signal })
  }
  return () => end.abort()
}
