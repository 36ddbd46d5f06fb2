import { ERROR_CATEGORIES } from '../../../../../client/errors';
import { closeError } from '../../../../../client/v1/runtime/closeErrors';

const errorOf = (code: number, reason = '', secrets: string[] = []) =>
	closeError({ code, reason }, 'Doing it', secrets);

it.each([
	[1000, 'network', true, 'Doing it failed: Cognigy closed the connection before it answered (1000)'],
	[1001, 'network', true, 'Doing it failed: Cognigy closed the connection before it answered (1001)'],
	[1002, 'protocol', false, 'Doing it failed: Cognigy did not understand what was sent (1002)'],
	[1003, 'protocol', false, 'Doing it failed: Cognigy did not understand what was sent (1003)'],
	[1005, 'network', true, 'Doing it failed: the connection was lost before Cognigy answered (1005)'],
	[1006, 'network', true, 'Doing it failed: the connection was lost before Cognigy answered (1006)'],
	[1007, 'protocol', false, 'Doing it failed: Cognigy did not understand what was sent (1007)'],
	[1008, 'rejected', false, 'Doing it was rejected by the Cognigy engine (1008)'],
	[1009, 'rejected', false, 'Doing it failed: what was sent is too large for Cognigy (1009)'],
	[1010, 'protocol', false, 'Doing it failed: Cognigy did not understand what was sent (1010)'],
	[1011, 'server', true, 'Doing it failed: Cognigy met an error of its own (1011)'],
	[1012, 'server', true, 'Doing it failed: Cognigy is restarting (1012)'],
	[1013, 'server', true, 'Doing it failed: Cognigy is too busy (1013)'],
	[1014, 'network', true, 'Doing it failed: the connection was lost before Cognigy answered (1014)'],
	[1015, 'network', true, 'Doing it failed: the connection was lost before Cognigy answered (1015)'],
	[3000, 'network', true, 'Doing it failed: the connection was lost before Cognigy answered (3000)'],
	[4000, 'network', true, 'Doing it failed: the connection was lost before Cognigy answered (4000)'],
])('close code %d is %s (a passing fault: %s)', (code, category, isTransient, message) => {
	const error = errorOf(code);

	expect(error).toMatchObject({ category, isTransient, message, mayHaveRun: false });
	expect(ERROR_CATEGORIES).toContain(error.category);
	expect(error.advice).not.toBe('');
	expect(errorOf(code, 'its reason').message).toBe(`${message}: its reason`);
});

it.each([
	['tooLarge', "Doing it failed: Cognigy's answer is too large"],
	['malformed', "Doing it failed: Cognigy's answer is not a valid frame"],
] as const)('what is against the protocol (%s) says more than the code', (violation, message) => {
	for (const code of [1006, 1009, 1002]) {
		const error = closeError({ code, reason: '', violation }, 'Doing it', []);
		expect(error).toMatchObject({ category: 'protocol', isTransient: false, message });
	}
});

describe('the reason that the service gives', () => {
	it('is shown on one line', () => {
		expect(errorOf(1008, ' two\r\nlines\u0000\t and more ').message).toMatch(/: two lines and more$/);
	});

	it('is cut', () => {
		expect(errorOf(1008, 'x'.repeat(5_000)).message).toMatch(/: x{200}$/);
	});

	it('is left out when it says nothing', () => {
		expect(errorOf(1008, ' \n ').message).toMatch(/\(1008\)$/);
	});

	it.each(['token-1234', 'pass word\n1234'])('does not show what it repeats of a secret', (secret) => {
		const { message } = errorOf(4000, `${'x'.repeat(195)} ${secret} and ${secret}`, ['token-1234', 'pass word\n1234']);
		expect(message).not.toMatch(/token|pass|1234/);
	});
});
