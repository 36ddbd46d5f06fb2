import fc from 'fast-check';

import { redact } from '../../../../client/call/serviceText';

describe('redact', () => {
	it('blanks out every secret, wherever and however often it is', () => {
		expect(redact('token abcd, again abcd, and pass:word!', ['abcd', 'pass:word!'])).toBe(
			'token ***, again ***, and ***',
		);
	});

	it('takes secrets for text, not for patterns', () => {
		expect(redact('a.c$&(x)* abc', ['a.c$&(x)*'])).toBe('*** abc');
	});

	it('puts in nothing that a secret says', () => {
		expect(redact('x $$$$ y', ['$$$$'])).toBe('x *** y');
	});

	it('leaves the text alone when there is nothing to hide', () => {
		expect(redact('some text', [])).toBe('some text');
		expect(redact('some text', ['', 'other'])).toBe('some text');
	});

	it('does not blank out half of a text for a secret of a few letters', () => {
		expect(redact('abc abc', ['a', 'ab', 'abc'])).toBe('abc abc');
		expect(redact('abcd', ['abcd'])).toBe('***');
	});

	it('leaves no secret, whatever the text is', () => {
		const secret = fc.string({ minLength: 4, maxLength: 20 }).filter((text) => !text.includes('*'));
		fc.assert(
			fc.property(fc.array(fc.string()), secret, (texts, hidden) => {
				expect(redact(texts.join(hidden), [hidden])).not.toContain(hidden);
			}),
		);
	});
});
