// A process that shares a token through Redis: `fork` it with a `TokenSetup`, and tell it what the service answers.
import { setTimeout as pause } from 'node:timers/promises';

import { sharedLogin } from '../../client/token/sharedToken';
import { redisConnectionFor } from '../../client/redis/redisConnection';
import { systemClock } from '../../client/time/systemClock';

export interface TokenSetup {
	url: string;
	lockMs: number;
	/** What a login brings. */
	token: string;
	/** How long a login takes, in ms. */
	loginMs: number;
}

export type TokenReport = { login: true } | { token: string };

const { url, lockMs, token, loginMs } = JSON.parse(process.argv[2] ?? '{}') as TokenSetup;
const report = (what: TokenReport) => process.send?.(what);

const login = sharedLogin(
	async (signal) => {
		report({ login: true });
		await pause(loginMs, undefined, { signal });
		return token;
	},
	{
		...{ redis: redisConnectionFor(url), account: 'a', password: 'p', lifetimeMs: 60_000, lockMs },
		...{ clock: systemClock, random: Math.random },
	},
);

void login(new AbortController().signal).then((got) => {
	report({ token: typeof got === 'string' ? got : got.value });
	// Its work is done.
	process.disconnect();
});
