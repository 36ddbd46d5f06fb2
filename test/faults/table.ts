import { aiRows } from './aiRows';
import { clockRows } from './clockRows';
import { deliveryRows } from './deliveryRows';
import { registryRows } from './registryRows';
import { repeatRows } from './repeatRows';
import type { Row } from './rows';
import { silenceRows } from './silenceRows';
import { v1Rows } from './v1Rows';

/** The fault matrix in parts that run at once, each in the test file of its name. */
export const parts = {
	v1: v1Rows,
	ai: aiRows,
	registry: registryRows,
	delivery: deliveryRows,
	clock: clockRows,
	repeat: repeatRows,
	silence: silenceRows,
} as const satisfies Record<string, readonly Row[]>;

/** The fault matrix: every operation of the client and what can go wrong with it. */
export const rows: readonly Row[] = Object.values(parts).flat();
