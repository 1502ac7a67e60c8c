import { fileURLToPath } from 'node:url';

/** The repository's top folder, wherever the command was started. */
export const checkout = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
