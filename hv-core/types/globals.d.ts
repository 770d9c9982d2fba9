// Globals that every program run by hv-core has besides ECMAScript 2023. There is no eval;
// `Function` and its like exist for `instanceof` and throw a TypeError when called. Imports of anything but hv:* fail.

/** Calls `callback` once after `delayMs` (0 to 2^31-1) of monotonic time. Returns an id for {@link clearTimeout}. */
declare function setTimeout(callback: () => void, delayMs: number): number
/** Cancels a timer; unknown ids are ignored. */
declare function clearTimeout(id: number): void
declare function queueMicrotask(callback: () => void): void
