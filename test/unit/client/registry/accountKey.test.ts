import { accountKey } from '../../../../client/registry/accountKey';
import { parseV1Config } from '../../../../client/v1/config';

const fields = { baseUrl: 'https://cognigy.example.com', tenantId: 't', username: 'demo', password: 'demo-password' };

const keyWith = (changes: Partial<typeof fields> = {}, type = 'cognigyApi') =>
	accountKey({ type, ...parseV1Config({ ...fields, ...changes }) });

describe('the key of an account', () => {
	it('never changes, for registries outlive versions of this package', () => {
		expect(keyWith()).toBe('b339bb82ddf81ef1357c88af6e9386a2');
	});

	it('is short, and shows nothing of the account', () => {
		expect(keyWith()).toMatch(/^[\da-f]{32}$/);
	});

	it('stays the same after a change of password', () => {
		expect(keyWith({ password: 'changed' })).toBe(keyWith());
	});

	it('does not depend on how the address is spelled', () => {
		expect(keyWith({ baseUrl: ' https://Cognigy.example.com/ ' })).toBe(keyWith());
	});

	it.each([{ username: 'other' }, { baseUrl: 'https://other.example.com' }, { tenantId: '' }])(
		'is another one for another account (%j)',
		(changes) => {
			expect(keyWith(changes)).not.toBe(keyWith());
		},
	);

	it('is another one for another type of credential', () => {
		expect(keyWith({}, 'cognigyAiApi')).not.toBe(keyWith());
	});

	it('cannot be mixed up by moving text from one field to the next', () => {
		expect(keyWith({ tenantId: 'ab', username: 'c' })).not.toBe(keyWith({ tenantId: 'a', username: 'bc' }));
	});
});
