/** What a page from the guest may take of the browser: enough for what people build in a lab, and no more. */
export const previewLimits = {
  /** One answer, as it is once unpacked. */
  bodyBytes: 8 * 1024 * 1024,
  /** All answers for one page. */
  pageBytes: 32 * 1024 * 1024,
  /** Requests of one page, what its scripts ask for included. */
  requests: 1000,
  /** Connections into the guest at a time, as browsers have them to one host. */
  connections: 6,
  /** As https://fetch.spec.whatwg.org/#http-redirect-fetch has it. */
  redirects: 20,
  urlCharacters: 8 * 1024,
  /** Pages that follow each other without a pause: a page that sends itself on for ever is stopped. */
  leaps: 10,
  leapsWithinMs: 10_000,
  historyEntries: 100,
} as const;
