/** A command for BusyBox that serves a page, and nothing else, with one word on it. */
export function servePage(word: string, port = 80): string {
  return `sh -c 'mkdir /w; echo ${word} > /w/index.html; exec busybox httpd -f -p ${port} -h /w'`;
}
