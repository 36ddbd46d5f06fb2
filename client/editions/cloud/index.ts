import { abortSignalClock } from '../../time/abortSignalClock';
import type { Edition } from '../edition';
import { host } from './host';

const missing = (): never => {
	throw new Error('missing');
};

export const edition: Edition = {
	clock: abortSignalClock,
	host,
	httpTransport: missing,
	webSocketTransport: missing,
	socketTransport: missing,
	openRegistry: missing,
	localRegistryProblem: async () => undefined,
};
