import { statusError } from '../../../../client/cognigyAi/statusErrors';

const problem = {
	type: 'about:blank',
	title: 'Not Found',
	status: 404,
	detail: 'There is no such endpoint.',
	code: 1002,
	traceId: 'api--f84324f4',
};

function errorFor(
	status: number,
	body: string,
	headers: Record<string, string> = {},
	service: 'management' | 'endpoint' = 'management',
) {
	const call = { subject: 'endpoint "e1"', action: 'Reading endpoint "e1"', inputs: 'Endpoint', service };
	return statusError({ status, headers, body }, call, Date.parse('2026-01-31T12:00:00Z'), ['secret-token']);
}

it('quotes problem details (RFC 7807) with their trace', () => {
	const { message, category, httpStatus } = errorFor(404, JSON.stringify(problem));
	expect(category).toBe('notFound');
	expect(httpStatus).toBe(404);
	expect(message).toBe(
		'Reading endpoint "e1" failed: Cognigy knows no endpoint "e1" (404): There is no such endpoint (trace api--f84324f4)',
	);
});

it.each([
	['{"error":"Endpoint not found"}', 'Endpoint not found'],
	['{"error":{"code":1002,"message":"Nested"}}', 'Nested'],
	['{"message":"Said so"}', 'Said so'],
	['{"title":"Only a title"}', 'Only a title'],
	['Plain text, and no more', 'Plain text, and no more'],
	['"A JSON string"', 'A JSON string'],
])('quotes %s', (body, words) => {
	expect(errorFor(500, body).message).toBe(
		`Reading endpoint "e1" failed: Cognigy could not process the request (500): ${words}`,
	);
});

it.each(['', '<html><body>502 Bad Gateway</body></html>', '{"error": tru', '[1, 2'])('quotes nothing of %j', (body) => {
	expect(errorFor(502, body).message).toBe('Reading endpoint "e1" failed: Cognigy could not process the request (502)');
});

it('shows no secret that the service repeats', () => {
	expect(errorFor(400, '{"detail":"bad secret-token"}').message).not.toContain('secret-token');
	expect(errorFor(400, 'bad secret-token').message).toContain('bad ***');
});

it.each([
	[400, 'invalidInput', false],
	[401, 'authentication', false],
	[402, 'permission', false],
	[403, 'permission', false],
	[404, 'notFound', false],
	[407, 'network', false],
	[409, 'protocol', false],
	[413, 'invalidInput', false],
	[408, 'server', true],
	[429, 'rateLimit', true],
	[500, 'server', true],
	[503, 'server', true],
	[302, 'protocol', false],
	[418, 'protocol', false],
] as const)('%i is %s', (status, category, isTransient) => {
	for (const service of ['management', 'endpoint'] as const) {
		expect(errorFor(status, '', {}, service)).toMatchObject({ category, isTransient, httpStatus: status });
	}
});

it('reads Retry-After, in both forms, and does without', () => {
	expect(errorFor(429, '', { 'retry-after': '7' }).retryAfterMs).toBe(7000);
	expect(errorFor(503, '', { 'retry-after': 'Sat, 31 Jan 2026 12:00:09 GMT' }).retryAfterMs).toBe(9000);
	expect(errorFor(429, '').retryAfterMs).toBeUndefined();
});

describe('a refusal with a web page', () => {
	const page = '<html><body>Request blocked</body></html>';

	it.each([
		[page, {}],
		['<div>Request blocked</div>', { 'content-type': 'text/html; charset=utf-8' }],
	])('is not the fault of the API key', (body, headers) => {
		const { category, message, advice } = errorFor(403, body, headers);
		expect(category).toBe('network');
		expect(message).toBe('Reading endpoint "e1" failed: a firewall or proxy in front of Cognigy refused it (403)');
		expect(advice).toContain('firewall');
		expect(message + advice).not.toMatch(/key|role|member/i);
	});

	it('may still be one of the endpoint itself', () => {
		const { category, message, advice } = errorFor(403, page, {}, 'endpoint');
		expect(category).toBe('network');
		expect(message).toContain(
			'a firewall or proxy in front of Cognigy refused it, or the endpoint does not take the message (403)',
		);
		expect(advice).toMatch(/firewall.*enabled/);
	});

	it.each(['', '{"detail":"No"}', 'No', 'a < b'])('is not what %j is', (body) => {
		expect(errorFor(403, body).message).toContain('the user of the API key may not do that');
		expect(errorFor(403, body, {}, 'endpoint')).toMatchObject({ category: 'permission' });
	});
});

it('points at Endpoint URL first where an endpoint answers 400 without a word', () => {
	expect(errorFor(400, ' \n', {}, 'endpoint').advice).toMatch(/^Check Endpoint URL first/);
	expect(errorFor(400, ' \n', {}, 'endpoint').message).toContain('most likely Endpoint URL is wrong');
	expect(errorFor(400, '{"message":"No"}', {}, 'endpoint').advice).toMatch(/^Check Endpoint\. .*transformer/);
	expect(errorFor(400, '').advice).toBe('Check Endpoint.');
});

it('names the transformer where an endpoint answers what Cognigy does not', () => {
	expect(errorFor(422, '{"error":"No such order"}', {}, 'endpoint').advice).toMatch(/transformer.*Endpoint URL/);
	expect(errorFor(422, '<html></html>', {}, 'endpoint').advice).not.toContain('transformer');
	expect(errorFor(422, '').advice).not.toContain('transformer');
});

it('shows no part of a secret that stands where the reading ends', () => {
	expect(errorFor(500, `${' '.repeat(9_994)}secret-token`).message).not.toContain('secret');
});
