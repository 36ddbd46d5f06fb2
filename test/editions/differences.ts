import { httpDifferences } from './httpDifferences';
import { registryDifferences } from './registryDifferences';
import { scopeDifferences } from './scopeDifferences';
import { socketIoDifferences, webSocketDifferences } from './socketDifferences';

/**
 * All that a user may notice of the cloud edition that is weaker than in the full one, by name. docs/editions.md has the
 * same list, and a test sees to that.
 */
export const differences = {
	...scopeDifferences,
	...registryDifferences,
	...httpDifferences,
	...webSocketDifferences,
	...socketIoDifferences,
} as const;

export type Difference = keyof typeof differences;
