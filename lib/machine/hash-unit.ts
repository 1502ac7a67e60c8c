// https://csrc.nist.gov/pubs/fips/180-4/upd1/final, 6.2.2

/** H(0)…H(7), big endian. */
const stateBytes = 32;
const blockBytes = 64;

const refusal = new Uint8Array(1);

/**
 * The machine's hash unit: what a processor's SHA instructions do, a message at a time. It knows nothing from one request
 * to the next, so a snapshot has nothing to keep of it.
 * @param request 32 bytes of SHA-256's state, then one or more whole blocks of 64 bytes
 * @returns the state after these blocks; one zero byte if the request is no such thing
 */
export function answerHashRequest(request: Uint8Array): Uint8Array {
  const data = request.length - stateBytes;
  if (data < blockBytes || data % blockBytes !== 0) return refusal;
  const view = new DataView(request.buffer, request.byteOffset, request.length);
  const state = Int32Array.from({ length: 8 }, (_, index) => view.getInt32(4 * index));
  for (let at = stateBytes; at < request.length; at += blockBytes) compress(state, view, at);
  const answer = new Uint8Array(stateBytes);
  const to = new DataView(answer.buffer);
  state.forEach((word, index) => to.setInt32(4 * index, word));
  return answer;
}

/** Constants of the 64 rounds: the first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
const constants = Int32Array.from(firstPrimes(64), cubeRootFraction);
const schedule = new Int32Array(64);

function compress(state: Int32Array, message: DataView, at: number): void {
  for (let t = 0; t < 16; t += 1) schedule[t] = message.getInt32(at + 4 * t);
  for (let t = 16; t < 64; t += 1) {
    const w15 = schedule[t - 15] ?? 0;
    const w2 = schedule[t - 2] ?? 0;
    const s0 = ((w15 >>> 7) | (w15 << 25)) ^ ((w15 >>> 18) | (w15 << 14)) ^ (w15 >>> 3);
    const s1 = ((w2 >>> 17) | (w2 << 15)) ^ ((w2 >>> 19) | (w2 << 13)) ^ (w2 >>> 10);
    schedule[t] = ((((schedule[t - 16] ?? 0) + s0) | 0) + (((schedule[t - 7] ?? 0) + s1) | 0)) | 0;
  }
  let a = state[0] ?? 0;
  let b = state[1] ?? 0;
  let c = state[2] ?? 0;
  let d = state[3] ?? 0;
  let e = state[4] ?? 0;
  let f = state[5] ?? 0;
  let g = state[6] ?? 0;
  let h = state[7] ?? 0;
  for (let t = 0; t < 64; t += 1) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const choice = g ^ (e & (f ^ g));
    const t1 = (((((h + s1) | 0) + choice) | 0) + (((constants[t] ?? 0) + (schedule[t] ?? 0)) | 0)) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const majority = (a & b) | (c & (a | b));
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (((t1 + s0) | 0) + majority) | 0;
  }
  state[0] = (state[0] ?? 0) + a;
  state[1] = (state[1] ?? 0) + b;
  state[2] = (state[2] ?? 0) + c;
  state[3] = (state[3] ?? 0) + d;
  state[4] = (state[4] ?? 0) + e;
  state[5] = (state[5] ?? 0) + f;
  state[6] = (state[6] ?? 0) + g;
  state[7] = (state[7] ?? 0) + h;
}

function firstPrimes(count: number): number[] {
  const primes: number[] = [];
  for (let number = 2; primes.length < count; number += 1) {
    if (primes.every((prime) => number % prime !== 0)) primes.push(number);
  }
  return primes;
}

/** A double has 52 bits, of which the integer part of these roots takes three. */
function cubeRootFraction(number: number): number {
  return ((Math.cbrt(number) % 1) * 2 ** 32) | 0;
}
