import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { passOn } from './passOn';

/** What becomes of a start: it runs and is answered; it runs and 500 is said; it runs and no answer comes; 400, unrun. */
export type Fate = 'well' | 'errorAfter' | 'lostAfter' | 'refused';

/** A service that starts flows, behind a gateway that spoils some of its answers. */
export interface UnluckyGateway {
	url: string;
	/** What became of each start that came, in order. */
	readonly fates: readonly Fate[];
	close(): Promise<void>;
}

/**
 * @param target base URL of the service
 * @param fateOf the start with this number, from 1 on
 */
export async function startUnluckyGateway(target: string, fateOf: (start: number) => Fate): Promise<UnluckyGateway> {
	const fates: Fate[] = [];
	const server = createServer((incoming, response) => {
		const isStart = incoming.method === 'POST' && /\/sessions\/?$/.test(incoming.url ?? '');
		if (!isStart) return void passOn(incoming, response, target);
		const fate = fateOf(fates.length + 1);
		fates.push(fate);
		if (fate !== 'refused') return void passOn(incoming, response, target, () => spoil(response, fate));
		incoming.resume().on('end', () => response.writeHead(400, { 'Content-Type': 'text/plain' }).end('Not today'));
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	return {
		url: `http://127.0.0.1:${port}`,
		fates,
		async close() {
			server.closeAllConnections();
			await new Promise<void>((resolve) => server.close(() => resolve()));
		},
	};
}

/** Answers in the place of the service, which has run the start. @returns whether it did */
function spoil(response: ServerResponse, fate: Fate): boolean {
	if (fate === 'lostAfter') response.destroy();
	if (fate === 'errorAfter') response.writeHead(500, { 'Content-Type': 'text/plain' }).end('It broke');
	return fate !== 'well';
}

/** Every third start runs and is answered with 500, every fifth answer is lost, every seventh start is refused. */
export function thirdFifthSeventh(start: number): Fate {
	if (start % 7 === 0) return 'refused';
	if (start % 5 === 0) return 'lostAfter';
	return start % 3 === 0 ? 'errorAfter' : 'well';
}
