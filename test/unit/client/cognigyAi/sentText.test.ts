import { isWorthTelling, messagesOf, OutputHistory } from '../../../../client/cognigyAi/messages';
import { readOutput } from '../../../../client/cognigyAi/wire';

const message = (text: unknown, data?: object) => {
	const [made] = messagesOf([readOutput({ text, data, source: 'bot', traceId: 't' })], new OutputHistory('s'), 0);
	return made;
};

describe('what was sent stays whole in data', () => {
	it('also HTML that reads as plain text', () => {
		expect(message('<b>Hi</b>', { k: 1 })).toMatchObject({ text: 'Hi', data: { k: 1, _text: '<b>Hi</b>' } });
		expect(message('Salt &amp; pepper')).toMatchObject({ text: 'Salt & pepper', data: { _text: 'Salt &amp; pepper' } });
	});

	it.each(['Hello', ' Hello ', 'a < b', '# Title', '<your name>'])('and nothing is added to %j', (text) => {
		expect(message(text, { k: 1 })?.data).toEqual({ k: 1 });
		expect(message(text)).not.toHaveProperty('data');
	});

	it('and what the output itself has there stays', () => {
		expect(message('<b>Hi</b>', { _text: { text: 'own' } })?.data).toEqual({ _text: { text: 'own' } });
	});

	it('but HTML that says nothing is no message', () => {
		expect(message('<p>&nbsp;</p>')).toBeUndefined();
		expect(message('<br>', { _cognigy: { _messageId: 'm' } })).toBeUndefined();
		expect(isWorthTelling({ text: '', data: { _text: '<br>' } })).toBe(false);
	});

	it('and the data that came is not changed', () => {
		const data = { k: 1 };
		message('<b>Hi</b>', data);
		expect(data).toEqual({ k: 1 });
	});
});
