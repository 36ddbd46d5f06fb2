import { aiRows } from './aiRows';
import { clockRows } from './clockRows';
import { deliveryRows } from './deliveryRows';
import { registryRows } from './registryRows';
import type { Row } from './rows';
import { v1Rows } from './v1Rows';

/** The fault matrix: every operation of the client and what can go wrong with it. */
export const rows: readonly Row[] = [...v1Rows, ...aiRows, ...registryRows, ...deliveryRows, ...clockRows];
