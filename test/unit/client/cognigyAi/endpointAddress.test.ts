import { endpointName, parseEndpointReference, parseEndpointUrl } from '../../../../client/cognigyAi/endpointAddress';
import { CognigyError } from '../../../../client/errors';

const token = 'f00d'.repeat(16);

it.each([
	[`https://endpoint-trial.cognigy.ai/${token}`, 'https://endpoint-trial.cognigy.ai', false],
	[` https://endpoint-trial.cognigy.ai/${token}/ `, 'https://endpoint-trial.cognigy.ai', false],
	[`https://endpoint-trial.cognigy.ai/test/${token}`, 'https://endpoint-trial.cognigy.ai', true],
	[`https://endpoint-trial.cognigy.ai/inject/${token}`, 'https://endpoint-trial.cognigy.ai', false],
	[`https://endpoint-trial.cognigy.ai/notify/${token}`, 'https://endpoint-trial.cognigy.ai', false],
	[`https://example.com/a/b/test/${token}`, 'https://example.com/a/b', true],
	[`wss://example.com/${token}`, 'https://example.com', false],
	[`http://127.0.0.1:8080/${token}`, 'http://127.0.0.1:8080', false],
])('reads %s', (url, base, isTest) => {
	expect(parseEndpointUrl(url, false)).toEqual({ base, token, isTest, name: endpointName(token) });
});

it.each([
	'',
	'not a url',
	'https://endpoint-trial.cognigy.ai',
	'https://endpoint-trial.cognigy.ai/test',
	`http://endpoint-trial.cognigy.ai/${token}`,
	`https://endpoint-trial.cognigy.ai/${token}?api_key=1`,
	`https://user:pw@endpoint-trial.cognigy.ai/${token}`,
	`ftp://endpoint-trial.cognigy.ai/${token}`,
	`https://endpoint-trial.cognigy.ai/${token}%zz`,
])('refuses %j without showing any of it', (url) => {
	const refuse = () => parseEndpointUrl(url, false);
	expect(refuse).toThrow(CognigyError);
	try {
		refuse();
	} catch (error) {
		expect(error).toMatchObject({ category: 'invalidInput', parameter: 'endpoint' });
		expect(JSON.stringify(error)).not.toContain(token);
		expect(String(error)).not.toContain(token);
	}
});

it('knows an endpoint by its token, however that is encoded in the URL', () => {
	const url = `https://endpoint-trial.cognigy.ai/${encodeURIComponent('a token/with=signs')}`;
	expect(parseEndpointUrl(url, false)).toMatchObject({
		token: 'a token/with=signs',
		name: endpointName('a token/with=signs'),
	});
});

it('names an endpoint without its token', () => {
	expect(endpointName(token)).toMatch(/^endpoint-[0-9a-f]{12}$/);
	expect(token).not.toContain(endpointName(token).slice('endpoint-'.length));
});

it('knows URLs, ids and names', () => {
	expect(parseEndpointReference('5f00c6aa7e3a9d0029e6a3b1', false)).toEqual({
		kind: 'id',
		id: '5f00c6aa7e3a9d0029e6a3b1',
	});
	expect(parseEndpointReference(' 5F00C6AA7E3A9D0029E6A3B1 ', false)).toEqual({
		kind: 'id',
		id: '5f00c6aa7e3a9d0029e6a3b1',
	});
	expect(parseEndpointReference('endpoint-0c4a1b2c3d4e', false)).toEqual({
		kind: 'name',
		name: 'endpoint-0c4a1b2c3d4e',
	});
	expect(parseEndpointReference(`https://example.com/test/${token}`, false)).toEqual({
		kind: 'token',
		token,
		name: endpointName(token),
	});
});

it.each(['5f00c6aa7e3a9d0029e6a3b', 'Orders REST', 'endpoint-'])('says what else it takes than %s', (text) => {
	expect(() => parseEndpointReference(text, false)).toThrow(
		expect.objectContaining({
			message: 'endpoint is neither the ID of an endpoint nor its URL',
			advice: expect.stringMatching(/^Use its ID, which is 24 letters and digits\. Or: Copy the Endpoint URL from /),
		}),
	);
});
