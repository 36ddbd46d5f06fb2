import { cognigy, only, plugin, type Shapes } from './shape';

/** Plugins of the web chats. */
export const plugins: Shapes = {
	'plugin-date-picker': plugin({
		type: 'date-picker',
		data: { eventName: 'Date of your visit', openPickerButtonText: 'Choose a date', locale: 'en', mode: 'single' },
	}),
	'date-picker-full': plugin({
		type: 'date-picker',
		data: {
			...{ eventName: 'Pick your dates', openPickerButtonText: 'Pick your dates', cancelButtonText: '', time_24hr: '' },
			...{
				submitButtonText: 'Confirm',
				locale: 'en',
				enableTime: 'true',
				defaultDate: '',
				mode: 'range',
				wantDisable: true,
			},
			...{
				enable_disable: ['weekends'],
				function_enable_disable: '',
				minDate: '',
				maxDate: 'tomorrow',
				dateFormat: '',
			},
			...{ defaultHour: 12, noCalendar: false, weekNumbers: true },
		},
	}),
	'date-picker-bare': plugin({
		type: 'date-picker',
		data: { eventName: '', openPickerButtonText: '', mode: 'multiple' },
	}),
	'plugin-rating': plugin({
		type: 'rating',
		title: 'How did we do?',
		initialRating: 1,
		size: 'large',
		variant: 'emoji',
		maxRatingValue: 2,
		precision: 1,
		rateButtonText: 'Rate us',
		label: '',
		payload: 'stars',
	}),
	'plugin-request-rating': plugin({
		type: 'request-rating',
		data: {
			ratingTitleText: 'Rate this chat',
			ratingCommentText: 'Anything to add?',
			ratingSubmitButtonText: 'Send it',
			ratingChatStatusMessage: 'Thanks',
		},
	}),
	'plugin-file-upload': plugin({
		type: 'file-upload',
		service: 'amazon-s3',
		uploadUrl: 'https://example.org/up?signature=secret',
		downloadUrl: 'https://example.org/down?signature=secret',
		sizeLimit: 10,
	}),
	'plugin-azure-upload': [
		{
			text: 'Send us your form.',
			data: {
				_plugin: { type: 'file-upload', service: 'azure', baseURL: 'https://example.org', sasSignature: '?sig=secret' },
			},
		},
	],
	'plugin-map': plugin({ type: 'google-maps', center: { lat: 50.7374, lng: 7.0982 }, zoom: 12, apikey: 'secret' }),
	'plugin-sign-in': plugin({
		type: 'microsoft-auth',
		clientId: 'secret',
		redirectUri: 'https://example.org/r',
		scope: 'user',
	}),
	'plugin-full-screen': plugin({
		type: 'full-screen-notification',
		text: '<p>We are <b>closed</b> today.</p>',
		data: { title: 'Notice' },
	}),
	'plugin-expandable': plugin({
		type: 'expandable',
		text: 'A rather long story',
		characterLimit: 5,
		expandTitle: 'Show more',
	}),
	'plugin-teams-meeting': plugin({
		type: 'microsoft-teams',
		title: 'Meet us',
		subtitle: 'on any device',
		meetingLink: 'https://example.org/meet/1',
	}),
	'plugin-datatable': plugin({
		type: 'datatable',
		title: '',
		displayMode: 'inline',
		buttonText: 'Open the list',
		headerText: 'Our team',
		tabledata: {
			columns: ['Name', 'City'],
			data: [
				['Kim', 'Bonn'],
				['Lee', 'Trier'],
			],
		},
	}),
	'plugin-multiselect': plugin({
		type: 'multiselect',
		allowUserAnswers: true,
		cancelButtonLabel: 'Cancel',
		inputPlaceholder: 'Your toppings',
		options: ['Olives', 'Onions'],
		openButtonLabel: 'Choose some',
		submitButtonLabel: 'Done',
	}),
	'plugin-numpad': plugin({
		type: 'numpad',
		numpadType: 'number',
		buttonText: 'Type a number',
		decimal: 5,
		negative: false,
	}),
	'plugin-progress': plugin({
		type: 'progress',
		color: '#097d32',
		steps: [{ title: 'Scan' }, { title: 'Check & pay' }],
	}),
	'plugin-qr-code': plugin({ type: 'qr-code', buttonText: 'Scan it', title: 'Your ticket', cancelButtonText: 'stop' }),
	'plugin-push': [
		{
			text: 'You have won!',
			data: { _plugin: { type: 'push-notification', title: 'Hooray', round: false, variant: 'warning' } },
		},
	],
	'plugin-chart': plugin({ type: 'chart', chartType: 'single', value: 1042.5, unit: 'EUR' }),
	'plugin-without-words': [
		...plugin({ type: 'x-app-submit' }),
		...plugin({ type: 'my-own-tracking', id: 7 }),
		{ text: 'Tracked.', data: {} },
	],
	'plugin-with-fallback': only({ _plugin: { type: 'my-own-game' }, _fallbackText: 'Please play on the web' }),
	'default-over-plugin': only({
		_plugin: { type: 'date-picker', data: { openPickerButtonText: 'not read' } },
		_cognigy: { _default: { _buttons: { type: 'buttons', text: 'Read this', buttons: [] } } },
	}),
	'x-app-overlay': cognigy({
		_app: {
			overlaySettings: { autoOpen: true, closeOnSubmit: false, screenTitle: 'Your form', showCloseIcon: true },
			url: 'https://example.org/app',
		},
	}),
	'x-app-overlay-untitled': cognigy({
		_app: { overlaySettings: { screenTitle: '' }, url: 'https://example.org/app2' },
	}),
	'live-agent-event': cognigy({ _webchat3: { type: 'liveAgentEvent', payload: { text: 'Kim joined' } } }),
	'queue-update': cognigy({
		_webchat3: {
			type: 'queueUpdate',
			payload: { position: null, estimatedWaitTime: null, alternativeText: 'Soon your turn' },
		},
	}),
};
