import { config } from 'zod/v4';

import { makeMemoryStore, openMemoryRegistry } from '../../registry/memoryRegistry';
import { abortSignalClock } from '../../time/abortSignalClock';
import { FetchTransport } from '../../transport/web/fetchTransport';
import type { Edition } from '../edition';
import { host } from './host';

// Otherwise zod makes functions of text, which n8n's check refuses.
config({ jitless: true });

const missing = (): never => {
	throw new Error('missing');
};

/** For n8n Cloud, and n8n servers that load verified packages only: nothing of Node but what n8n's check allows. */
export const edition: Edition = {
	clock: abortSignalClock,
	host,
	httpTransport: (egress) => new FetchTransport(egress),
	webSocketTransport: missing,
	socketTransport: missing,
	openRegistry(_store, _folder, onWarning) {
		const make = () => makeMemoryStore({ clock: abortSignalClock, onWarning });
		return openMemoryRegistry(host.processWide('memory-store', make));
	},
	localRegistryProblem: async () => undefined,
};
