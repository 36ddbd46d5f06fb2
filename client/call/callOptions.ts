import { z } from 'zod/v4';

import { numberBetween } from '../validation/fields';

/** How every operation is to be carried out. */
export const callOptionsSchema = z.object({
	options: z.object({
		timeoutSeconds: numberBetween(1, 3600),
		retries: numberBetween(0, 10).int('must be a whole number'),
		auditInput: z.enum(['full', 'hash', 'none'], 'must be full, hash or none'),
	}),
});
