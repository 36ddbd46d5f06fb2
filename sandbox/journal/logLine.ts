/** The time of day here, to the millisecond. @param iso ISO 8601 */
export function timeOfDay(iso: string): string {
	const time = new Date(iso);
	const clock = [time.getHours(), time.getMinutes(), time.getSeconds()]
		.map((part) => String(part).padStart(2, '0'))
		.join(':');
	return `${clock}.${String(time.getMilliseconds()).padStart(3, '0')}`;
}

/** Quotes what is not a plain word: what clients send must not be able to make up log lines. */
export function named(name: string, value: string | null): string | null {
	if (value === null) return null;
	return `${name}=${/^[\w.@:-]{1,128}$/.test(value) ? value : JSON.stringify(value.slice(0, 128))}`;
}

/** HTTP/1.1 is not worth a word. */
export function isHttp2({ httpVersion }: { httpVersion: string | null }): boolean {
	return httpVersion === '2.0';
}
