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
