import type { N8nMajor, N8nServer } from '../n8n-host';
import type { CleanUp } from './cleanUp';
import type { Block, Row } from './terminal';

/** What every story is told with. */
export interface Stage {
	readonly n8nMajor: N8nMajor;
	/** Aborted when the person in front of it has had enough. */
	readonly signal: AbortSignal;
	readonly cleanUp: CleanUp;
	/** Takes one line for every call that the sandbox gets. */
	readonly sandboxLog: (line: string) => void;
}

/** What a story leaves: all of it is running still. */
export interface StoryEnd {
	readonly n8n: N8nServer;
	/** What came of it, to be printed. */
	readonly results: readonly Block[];
	/** What can be tried out now, besides n8n itself. */
	readonly invitation: readonly Row[];
}
