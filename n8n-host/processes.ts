/** How one kind of n8n process is started, and how it is seen that it is ready. */
interface ProcessKind {
	readonly arguments: readonly string[];
	/** Environment variables on top of those that all kinds take. */
	environment(port: number): Readonly<Record<string, string>>;
	isReady(url: string, log: () => string): Promise<boolean>;
}

/** The processes that n8n is made of: one alone, or in queue mode several beside each other. */
export const processKinds = {
	/** The editor, the API and the triggers; without queue mode all the rest as well. */
	main: { arguments: ['start'], environment: () => ({}), isReady: isApiReady },
	/** Queue mode: runs executions. Its port answers nothing but whether it is well. */
	worker: {
		arguments: ['worker'],
		environment: (port) => ({
			QUEUE_HEALTH_CHECK_ACTIVE: 'true',
			QUEUE_HEALTH_CHECK_PORT: String(port),
			N8N_WORKER_SERVER_ADDRESS: '127.0.0.1',
		}),
		isReady: isHealthy,
	},
	/** Queue mode: takes the calls of webhooks. */
	webhook: { arguments: ['webhook'], environment: () => ({}), isReady: isHealthy },
} as const satisfies Record<string, ProcessKind>;

export type N8nProcessKind = keyof typeof processKinds;

/**
 * n8n says "ready" before its database is, and answers the first requests with a waiting page. It can be used when the
 * API answers in JSON who is logged in, which is nobody, and the log has the line with which each start ends.
 */
async function isApiReady(url: string, log: () => string): Promise<boolean> {
	const response = await ask(`${url}/rest/login`);
	const isJson = response?.headers.get('content-type')?.includes('json') ?? false;
	return response?.status === 401 && isJson && log().includes('Editor is now accessible');
}

async function isHealthy(url: string): Promise<boolean> {
	return (await ask(`${url}/healthz/readiness`))?.ok === true;
}

/** @returns undefined while nobody listens */
async function ask(url: string): Promise<Response | undefined> {
	try {
		const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
		await response.arrayBuffer();
		return response;
	} catch {
		return undefined;
	}
}
