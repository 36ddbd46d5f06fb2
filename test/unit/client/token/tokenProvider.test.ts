import { getEventListeners } from 'node:events';
import fc from 'fast-check';

import { TokenProvider } from '../../../../client/token/tokenProvider';
import { CognigyError } from '../../../../client/errors';
import { Deadline } from '../../../../client/time/deadline';
import { FakeClock, settle } from '../../../support/fakeClock';

const LIFETIME_MS = 30 * 60_000;
/** Long enough to be in nobody's way. */
const PATIENT_MS = 100 * LIFETIME_MS;

const wrongPassword = new CognigyError({ category: 'authentication', message: 'wrong password', advice: '' });
const outage = new CognigyError({ category: 'server', message: 'outage', advice: '', isTransient: true });

/** A login service whose every login waits for us to answer it. */
class LoginService {
	readonly logins: Array<{
		succeed(): void;
		fail(error: Error): void;
		signal: AbortSignal;
	}> = [];

	readonly login = (signal: AbortSignal): Promise<string> =>
		new Promise((resolve, reject) => {
			const number = this.logins.length + 1;
			this.logins.push({ succeed: () => resolve(`token ${number}`), fail: reject, signal });
			signal.addEventListener('abort', () => reject(signal.reason), { once: true });
		});

	get last() {
		const last = this.logins.at(-1);
		if (!last) throw new Error('Nobody has logged in.');
		return last;
	}
}

let clock: FakeClock;
let service: LoginService;

beforeEach(() => {
	clock = new FakeClock();
	service = new LoginService();
});

function provider(random: () => number = () => 0) {
	return new TokenProvider({ login: service.login, lifetimeMs: LIFETIME_MS, clock, random });
}

function deadline(ms = PATIENT_MS, ...signals: AbortSignal[]) {
	return new Deadline(clock, ms, signals);
}

/** A provider that has logged in. */
async function loggedIn(random?: () => number) {
	const tokens = provider(random);
	const first = tokens.get(deadline());
	service.last.succeed();
	expect(await first).toBe('token 1');
	return tokens;
}

const failureOf = (call: Promise<unknown>) =>
	call.then(
		() => 'no failure',
		(error: unknown) => error,
	);

describe('the first token', () => {
	it('is fetched when it is asked for, not before', () => {
		provider();
		expect(service.logins).toHaveLength(0);
	});

	it('comes from one login, however many ask at the same time', async () => {
		const tokens = provider();
		const callers = Array.from({ length: 1_000 }, () => tokens.get(deadline()));
		await settle();
		service.last.succeed();

		expect(new Set(await Promise.all(callers))).toEqual(new Set(['token 1']));
		expect(service.logins).toHaveLength(1);
	});

	it('is shared with those who ask while the login is on its way', async () => {
		const tokens = provider();
		const early = tokens.get(deadline());
		await clock.advance(5_000);
		const late = tokens.get(deadline());
		service.last.succeed();

		expect(await Promise.all([early, late])).toEqual(['token 1', 'token 1']);
		expect(service.logins).toHaveLength(1);
	});

	it('is kept for all who come later', async () => {
		const tokens = await loggedIn();
		await clock.advance(LIFETIME_MS / 2);

		expect(await tokens.get(deadline())).toBe('token 1');
		expect(service.logins).toHaveLength(1);
	});

	it('fails with the fault of the login for all who wait, and the next one who asks logs in anew', async () => {
		const tokens = provider();
		const callers = Array.from({ length: 3 }, () => failureOf(tokens.get(deadline())));
		service.last.fail(outage);
		expect(await Promise.all(callers)).toEqual([outage, outage, outage]);

		const next = tokens.get(deadline());
		service.last.succeed();
		expect(await next).toBe('token 2');
	});
});

describe('renewal ahead of the end', () => {
	it.each([
		{ chance: 0, share: 0.9 },
		{ chance: 0.5, share: 0.85 },
		{ chance: 0.999999, share: 0.8000001 },
	])('begins at a share of the lifetime between 80 % and 90 %, by chance ($chance)', async ({ chance, share }) => {
		const tokens = await loggedIn(() => chance);
		await clock.advance(share * LIFETIME_MS - 1);
		expect(await tokens.get(deadline())).toBe('token 1');
		expect(service.logins).toHaveLength(1);

		await clock.advance(1);
		void tokens.get(deadline());
		await settle();
		expect(service.logins).toHaveLength(2);
	});

	it('counts the lifetime from when the login was sent: the service did so at that time or later', async () => {
		const tokens = provider();
		const first = tokens.get(deadline());
		await clock.advance(0.5 * LIFETIME_MS);
		service.last.succeed();
		await first;

		await clock.advance(0.4 * LIFETIME_MS);
		void tokens.get(deadline());
		await settle();
		expect(service.logins).toHaveLength(2);
	});

	it('does not mind when the wall clock is set', async () => {
		clock.jumpWallTime(5 * LIFETIME_MS);
		const tokens = await loggedIn();
		clock.jumpWallTime(10 * LIFETIME_MS);
		expect(await tokens.get(deadline())).toBe('token 1');

		clock.jumpWallTime(-20 * LIFETIME_MS);
		await clock.advance(LIFETIME_MS);
		void tokens.get(deadline());
		await settle();
		expect(service.logins).toHaveLength(2);
	});

	it('is done by one; the others go on with the old token meanwhile', async () => {
		const tokens = await loggedIn();
		await clock.advance(0.95 * LIFETIME_MS);
		const renewing = tokens.get(deadline());
		const others = await Promise.all(Array.from({ length: 50 }, () => tokens.get(deadline())));

		expect(new Set(others)).toEqual(new Set(['token 1']));
		service.last.succeed();
		expect(await renewing).toBe('token 2');
		expect(await tokens.get(deadline())).toBe('token 2');
		expect(service.logins).toHaveLength(2);
	});

	it.each([outage, wrongPassword])('that fails with %p hurts nobody while the old token lives', async (fault) => {
		const tokens = await loggedIn();
		await clock.advance(0.95 * LIFETIME_MS);
		const renewing = tokens.get(deadline());
		await settle();
		service.last.fail(fault);

		expect(await renewing).toBe('token 1');
		expect(await tokens.get(deadline())).toBe('token 1');
	});

	it('that failed is tried again a little later, not with every call', async () => {
		const tokens = await loggedIn();
		await clock.advance(0.9 * LIFETIME_MS);
		const renewing = tokens.get(deadline());
		await settle();
		service.last.fail(outage);
		await renewing;

		await clock.advance(9_999);
		expect(await tokens.get(deadline())).toBe('token 1');
		expect(service.logins).toHaveLength(2);

		await clock.advance(1);
		const again = tokens.get(deadline());
		await settle();
		service.last.succeed();
		expect(await again).toBe('token 3');
	});

	it('that fails only after the old token has ended fails the caller: an expired token is never handed out', async () => {
		const tokens = await loggedIn();
		await clock.advance(0.95 * LIFETIME_MS);
		const renewing = failureOf(tokens.get(deadline()));
		await clock.advance(0.05 * LIFETIME_MS);
		service.last.fail(outage);

		expect(await renewing).toBe(outage);
	});

	it('ends with the deadline of the caller who does it', async () => {
		const tokens = await loggedIn();
		await clock.advance(0.95 * LIFETIME_MS);
		const limited = deadline(1_000);
		const renewing = failureOf(tokens.get(limited));
		await clock.advance(1_000);

		expect(await renewing).toBe(limited.signal.reason);
	});
});

describe('an expired token', () => {
	it('is not handed out: who asks waits for a new one', async () => {
		const tokens = await loggedIn();
		await clock.advance(LIFETIME_MS);
		const callers = Array.from({ length: 20 }, () => tokens.get(deadline()));
		await settle();
		service.last.succeed();

		expect(new Set(await Promise.all(callers))).toEqual(new Set(['token 2']));
		expect(service.logins).toHaveLength(2);
	});

	it('is not handed out when no new one can be had', async () => {
		const tokens = await loggedIn();
		await clock.advance(LIFETIME_MS);
		const call = failureOf(tokens.get(deadline()));
		await settle();
		service.last.fail(outage);

		expect(await call).toBe(outage);
	});

	it('is never handed out, and no two logins are under way, in whatever order things happen', async () => {
		const step = fc.oneof(
			fc.record({ kind: fc.constant('wait' as const), ms: fc.nat({ max: LIFETIME_MS }) }),
			fc.record({ kind: fc.constantFrom('get' as const, 'renew' as const, 'succeed' as const, 'fail' as const) }),
		);
		const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
		const scenario = fc.asyncProperty(fc.array(step, { maxLength: 30 }), random, async (steps, chance) => {
			clock = new FakeClock();
			service = new LoginService();
			const tokens = provider(() => chance);
			const sentAt: number[] = [];
			let answered = 0;
			let newest: string | undefined;

			const calls: Array<Promise<void>> = [];
			const expectGoodToken = async (call: Promise<string>, refused?: string) => {
				const token = await call.catch((error: unknown) => expect(error).toBe(outage));
				if (token === undefined) return;
				const loginSentAt = sentAt[Number(token.replace('token ', '')) - 1] ?? NaN;
				expect(clock.monotonic() - loginSentAt).toBeLessThan(LIFETIME_MS);
				expect(token).not.toBe(refused);
				newest = token;
			};
			const answerLogin = (isGood: boolean) => {
				const login = service.logins[answered];
				const age = clock.monotonic() - (sentAt[answered] ?? NaN);
				if (!login) return;
				answered++;
				// What takes longer than a token lives cannot bring a living one.
				if (isGood && age < LIFETIME_MS) login.succeed();
				else login.fail(outage);
			};

			for (const { kind, ...details } of steps) {
				if (kind === 'wait') await clock.advance('ms' in details ? details.ms : 0);
				if (kind === 'get') calls.push(expectGoodToken(tokens.get(deadline())));
				if (kind === 'renew' && newest) calls.push(expectGoodToken(tokens.renew(newest, deadline()), newest));
				if (kind === 'succeed' || kind === 'fail') answerLogin(kind === 'succeed');
				await settle();
				while (sentAt.length < service.logins.length) sentAt.push(clock.monotonic());
				expect(service.logins.length - answered).toBeLessThanOrEqual(1);
			}
			answerLogin(false);
			await Promise.all(calls);
		});
		await fc.assert(scenario, { numRuns: 300 });
	});
});

describe('a token that the service no longer accepts', () => {
	it('is renewed by one login, however many callers were refused with it', async () => {
		const tokens = await loggedIn();
		const callers = Array.from({ length: 50 }, () => tokens.renew('token 1', deadline()));
		await settle();
		service.last.succeed();

		expect(new Set(await Promise.all(callers))).toEqual(new Set(['token 2']));
		expect(service.logins).toHaveLength(2);
	});

	it('is not renewed again for a caller who learns of the refusal late', async () => {
		const tokens = await loggedIn();
		const early = tokens.renew('token 1', deadline());
		service.last.succeed();
		await early;

		expect(await tokens.renew('token 1', deadline())).toBe('token 2');
		expect(service.logins).toHaveLength(2);
	});

	it('is not handed out to those who ask while it is renewed', async () => {
		const tokens = await loggedIn();
		const refused = tokens.renew('token 1', deadline());
		const other = tokens.get(deadline());
		await settle();
		service.last.succeed();

		expect(await Promise.all([refused, other])).toEqual(['token 2', 'token 2']);
	});

	it('is not handed out again when the renewal fails', async () => {
		const tokens = await loggedIn();
		const refused = failureOf(tokens.renew('token 1', deadline()));
		await settle();
		service.last.fail(outage);
		expect(await refused).toBe(outage);

		const next = tokens.get(deadline());
		await settle();
		service.last.succeed();
		expect(await next).toBe('token 3');
	});
});

describe('a rejected login (wrong password)', () => {
	it('is the only one of 1,000 callers at the same time', async () => {
		const tokens = provider();
		const callers = Array.from({ length: 1_000 }, () => failureOf(tokens.get(deadline())));
		await settle();
		service.last.fail(wrongPassword);

		expect(new Set(await Promise.all(callers))).toEqual(new Set([wrongPassword]));
		expect(service.logins).toHaveLength(1);
	});

	it('is the only one of 1,000 callers one after the other', async () => {
		const tokens = provider();
		const first = failureOf(tokens.get(deadline()));
		service.last.fail(wrongPassword);
		await first;
		for (let caller = 1; caller < 1_000; caller++) expect(await failureOf(tokens.get(deadline()))).toBe(wrongPassword);

		expect(service.logins).toHaveLength(1);
	});

	it('is tried again after 15 seconds, by one', async () => {
		const tokens = provider();
		const first = failureOf(tokens.get(deadline()));
		service.last.fail(wrongPassword);
		await first;
		await clock.advance(14_999);
		expect(await failureOf(tokens.get(deadline()))).toBe(wrongPassword);
		expect(service.logins).toHaveLength(1);

		await clock.advance(1);
		const callers = Array.from({ length: 1_000 }, () => tokens.get(deadline()));
		await settle();
		service.last.succeed();
		expect(new Set(await Promise.all(callers))).toEqual(new Set(['token 2']));
		expect(service.logins).toHaveLength(2);
	});

	it('holds again when it is rejected again', async () => {
		const tokens = provider();
		for (let round = 1; round <= 3; round++) {
			const first = failureOf(tokens.get(deadline()));
			await settle();
			service.last.fail(wrongPassword);
			await first;
			expect(await failureOf(tokens.get(deadline()))).toBe(wrongPassword);
			expect(service.logins).toHaveLength(round);
			await clock.advance(15_000);
		}
	});

	it('is told apart from a passing fault, after which the next caller may try at once', async () => {
		const tokens = provider();
		const first = failureOf(tokens.get(deadline()));
		service.last.fail(outage);
		await first;
		void tokens.get(deadline());
		await settle();

		expect(service.logins).toHaveLength(2);
	});
});

describe('a caller who stops waiting', () => {
	it('gets the reason of its deadline, and the login goes on for the others', async () => {
		const tokens = provider();
		const limited = deadline(1_000);
		const hurried = failureOf(tokens.get(limited));
		const patient = tokens.get(deadline());
		await clock.advance(1_000);
		expect(await hurried).toBe(limited.signal.reason);
		expect(service.last.signal.aborted).toBe(false);

		service.last.succeed();
		expect(await patient).toBe('token 1');
		expect(service.logins).toHaveLength(1);
	});

	it('may be the one who began the login', async () => {
		const tokens = provider();
		const beginner = new AbortController();
		const first = failureOf(tokens.get(deadline(PATIENT_MS, beginner.signal)));
		const second = tokens.get(deadline());
		beginner.abort();
		await first;
		service.last.succeed();

		expect(await second).toBe('token 1');
	});

	it('aborts the login when it was the last one', async () => {
		const tokens = provider();
		const callers = [new AbortController(), new AbortController()];
		const calls = callers.map(({ signal }) => failureOf(tokens.get(deadline(PATIENT_MS, signal))));
		callers[0]?.abort();
		await settle();
		expect(service.last.signal.aborted).toBe(false);

		callers[1]?.abort();
		await Promise.all(calls);
		expect(service.last.signal.aborted).toBe(true);
	});

	it('leaves the way free: who comes after an aborted login begins another one', async () => {
		const tokens = provider();
		const caller = new AbortController();
		const first = failureOf(tokens.get(deadline(PATIENT_MS, caller.signal)));
		caller.abort();
		await first;
		const second = tokens.get(deadline());
		await settle();
		service.last.succeed();

		expect(await second).toBe('token 2');
	});

	it('leaves the way free also while the aborted login still takes its time to end', async () => {
		const answers: Array<(token: string) => void> = [];
		const login = () => new Promise<string>((resolve) => answers.push(resolve));
		const tokens = new TokenProvider({ login, lifetimeMs: LIFETIME_MS, clock, random: () => 0 });
		const caller = new AbortController();
		const first = failureOf(tokens.get(deadline(PATIENT_MS, caller.signal)));
		caller.abort();
		await first;
		const second = tokens.get(deadline());
		answers[1]?.('token 2');

		expect(await second).toBe('token 2');
	});

	it('leaves no listener on its deadline, nor do those who got a token', async () => {
		const tokens = provider();
		const patient = deadline();
		const limited = deadline(1_000);
		const calls = [tokens.get(patient), failureOf(tokens.get(limited))];
		await clock.advance(1_000);
		service.last.succeed();
		await Promise.all(calls);

		expect(getEventListeners(patient.signal, 'abort')).toHaveLength(0);
		expect(getEventListeners(limited.signal, 'abort')).toHaveLength(0);
	});

	it('does not end a login that is over already', async () => {
		const tokens = provider();
		const call = tokens.get(deadline());
		service.last.succeed();
		await call;

		expect(service.last.signal.aborted).toBe(false);
	});
});
