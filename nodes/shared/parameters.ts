import type { ClientModule } from './loadClient';
import type { ParameterSource } from './parameterSource';

/** Reads the parameters of one item into what the client takes. Errors name the parameter. */
export class ItemParameters {
	constructor(
		private readonly source: ParameterSource,
		private readonly itemIndex: number,
		private readonly client: ClientModule,
	) {}

	/** Text. Expressions often give numbers for ids; those count as text, anything missing is empty text. */
	text(name: string): string {
		const value = this.source.value(name, this.itemIndex, '');
		switch (typeof value) {
			case 'string':
				return value;
			case 'number':
			case 'bigint':
			case 'boolean':
				return String(value);
			default:
				if (value === null || value === undefined) return '';
				throw this.client.invalidInput(name, 'must be text', 'It is an object or a list. Pick one field of it.');
		}
	}

	flag(name: string): boolean {
		return this.source.value(name, this.itemIndex, false) === true;
	}

	/** A JSON object, given as JSON text or, by expression, as an object; empty text is an empty object. */
	jsonObject(name: string): Record<string, unknown> {
		const value = this.source.value(name, this.itemIndex, '{}');
		const parsed = typeof value === 'string' ? this.#parse(name, value) : value;
		if (this.client.isJsonObject(parsed)) return parsed;
		throw this.client.invalidInput(name, 'must be a JSON object', 'Write it like {"key": "value"}.');
	}

	#parse(name: string, text: string): unknown {
		if (text.trim() === '') return {};
		try {
			return JSON.parse(text);
		} catch (error) {
			const reason = error instanceof Error ? error.message : 'cannot be read';
			throw this.client.invalidInput(name, `is not valid JSON: ${reason}`, 'Write it like {"key": "value"}.');
		}
	}
}
