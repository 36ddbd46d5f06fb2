import { TokenCipher } from '../../../../client/token/sharedTokenCipher';
import { TokenProvider, type UsedToken } from '../../../../client/token/tokenProvider';
import { Deadline } from '../../../../client/time/deadline';
import { FakeClock } from '../../../support/fakeClock';

const LIFETIME_MS = 30 * 60_000;

describe('a token that somebody else fetched', () => {
	let clock: FakeClock;
	let answers: UsedToken[];
	let refusals: Array<string | undefined>;
	let tokens: TokenProvider;
	let deadline: Deadline;

	beforeEach(() => {
		clock = new FakeClock();
		answers = [];
		refusals = [];
		const login = async (_signal: AbortSignal, refused: string | undefined) => {
			refusals.push(refused);
			return answers.shift() ?? 'own';
		};
		tokens = new TokenProvider({ login, lifetimeMs: LIFETIME_MS, clock, random: () => 0 });
		deadline = new Deadline(clock, 100 * LIFETIME_MS, []);
	});

	it('is renewed as early before its end as one of our own', async () => {
		answers = [{ value: 'shared', expiresInMs: LIFETIME_MS / 2 }];
		expect(await tokens.get(deadline)).toBe('shared');
		await clock.advance(0.4 * LIFETIME_MS - 1);
		expect(await tokens.get(deadline)).toBe('shared');
		await clock.advance(1);
		expect(await tokens.get(deadline)).toBe('own');
	});

	it('is used until the next one is there, also when it lives for a short time only', async () => {
		answers = [{ value: 'shared', expiresInMs: 0.05 * LIFETIME_MS }];
		expect(await tokens.get(deadline)).toBe('shared');
		expect(await tokens.get(deadline)).toBe('own');
	});

	it('is asked for with the name of the one that was refused last', async () => {
		answers = [
			{ value: 'a', expiresInMs: LIFETIME_MS },
			{ value: 'b', expiresInMs: LIFETIME_MS },
		];
		await tokens.get(deadline);
		await tokens.renew('a', deadline);
		// Somebody learns late that the first one is refused.
		await tokens.renew('a', deadline);
		await tokens.renew('b', deadline);

		expect(refusals).toEqual([undefined, 'a', 'b']);
	});
});

describe('a sealed token', () => {
	it('is opened with the same password and account', async () => {
		const sealed = await new TokenCipher('p', 'a').seal('geheim ✓');
		expect(await new TokenCipher('p', 'a').open(sealed)).toBe('geheim ✓');
	});

	it.each([
		['P', 'a'],
		['p', 'b'],
	])('is not opened with password %s and account %s', async (password, account) => {
		const sealed = await new TokenCipher('p', 'a').seal('geheim');
		expect(await new TokenCipher(password, account).open(sealed)).toBeUndefined();
	});

	it('has a salt that others have not, and the salt of the token that was opened before', async () => {
		const salt = (sealed: string) => Buffer.from(sealed.slice(3), 'base64url').subarray(0, 16).toString('hex');
		const [one, other] = [new TokenCipher('p', 'a'), new TokenCipher('p', 'a')];
		const sealed = await one.seal('geheim');
		expect(salt(await other.seal('geheim'))).not.toBe(salt(sealed));

		await other.open(sealed);
		expect(salt(await other.seal('geheim'))).toBe(salt(sealed));
		expect(await other.seal('geheim')).not.toBe(await other.seal('geheim'));
	});

	it('that cannot be opened does not lend its salt', async () => {
		const foreign = await new TokenCipher('other', 'a').seal('geheim');
		const cipher = new TokenCipher('p', 'a');
		await cipher.open(foreign);
		const sealed = await cipher.seal('geheim');

		expect(sealed.slice(3, 20)).not.toBe(foreign.slice(3, 20));
	});
});
