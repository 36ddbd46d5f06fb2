const PROXY_VARIABLES = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'].flatMap((name) => [
	name,
	name.toLowerCase(),
]);

const original = new Map<string, string | undefined>();

/** Sets variables, for our code and for Node itself; `restoreEnvironment` puts back what was there. */
export function setEnvironment(variables: Record<string, string | undefined>): void {
	for (const [name, value] of Object.entries(variables)) {
		if (!original.has(name)) original.set(name, process.env[name]);
		put(name, value);
	}
}

/** For `afterEach`. */
export function restoreEnvironment(): void {
	for (const [name, value] of original) put(name, value);
	original.clear();
}

/** Whatever proxy the machine of a developer is set to, the servers of tests are reached directly. */
export function withoutProxies(): void {
	setEnvironment(Object.fromEntries(PROXY_VARIABLES.map((name) => [name, undefined])));
}

function put(name: string, value: string | undefined): void {
	if (value === undefined) Reflect.deleteProperty(process.env, name);
	else process.env[name] = value;
}
