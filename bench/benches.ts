import { download } from './download';
import type { Bench } from './figure';
import { pageJavascript } from './page-javascript';

export const benches: readonly Bench[] = [download, pageJavascript];
