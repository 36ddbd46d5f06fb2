/** What is told of a message that has come. */
export interface Arrival {
	text: string;
	/** In ms since 1970. n8n knows whole milliseconds only, and so is half of one early on average. */
	arrivedAt: number;
}

/** In ms since 1970, with fractions. */
export function preciseNow(): number {
	return performance.timeOrigin + performance.now();
}
