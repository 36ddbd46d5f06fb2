/** How a workflow answered a webhook that starts a flow. */
export interface CallAnswer {
	/** Of n8n. */
	httpStatus: number;
	/** What the node said went wrong; undefined: the flow was started. */
	errorCategory?: string;
}

/** The webhooks that were called, how they were answered, and what the service did of it. */
export class CallLedger {
	readonly #calls = new Map<string, { answer?: CallAnswer; starts: number }>();
	readonly #strayStarts: string[] = [];

	/** @param caller a name that only this call has; the flow is started in it */
	called(caller: string): void {
		this.#calls.set(caller, { starts: 0 });
	}

	answered(caller: string, answer: CallAnswer): void {
		const call = this.#calls.get(caller);
		if (call) call.answer = answer;
	}

	/** The service has started a flow for it. */
	started(caller: string): void {
		const call = this.#calls.get(caller);
		if (call) call.starts++;
		else this.#strayStarts.push(caller);
	}

	get count(): number {
		return this.#calls.size;
	}

	/** Those that got no answer yet. */
	get waiting(): string[] {
		return this.#those(({ answer }) => !answer);
	}

	/** Those that n8n did not answer as its workflow says. */
	get unanswered(): string[] {
		return this.#those(({ answer }) => answer?.httpStatus !== 200);
	}

	/** Those whose flow was started more than once, or that nobody called. */
	get startedTooOften(): string[] {
		return [...this.#those(({ starts }) => starts > 1), ...this.#strayStarts];
	}

	/** Those of which the node said that the flow was started, and it was not. */
	get claimedOnly(): string[] {
		return this.#those(({ answer, starts }) => isSuccess(answer) && starts === 0);
	}

	get succeeded(): number {
		return this.#those(({ answer }) => isSuccess(answer)).length;
	}

	/** How often which category was answered. */
	get errors(): Record<string, number> {
		const counts: Record<string, number> = {};
		for (const { answer } of this.#calls.values()) {
			const category = answer?.errorCategory;
			if (category !== undefined) counts[category] = (counts[category] ?? 0) + 1;
		}
		return counts;
	}

	#those(isIt: (call: { answer?: CallAnswer; starts: number }) => boolean): string[] {
		return [...this.#calls].filter(([, call]) => isIt(call)).map(([caller]) => caller);
	}
}

function isSuccess(answer: CallAnswer | undefined): boolean {
	return answer?.httpStatus === 200 && answer.errorCategory === undefined;
}
