import { cognigy, forAll, forWebchat, only, template, type Shapes } from './shape';

/** Pictures, recordings, films and files. */
export const media: Shapes = {
	'media-fallback': [
		{
			text: null,
			data: {
				_cognigy: {
					_default: {
						_image: { type: 'image', imageUrl: 'https://example.org/plan.png', fallbackText: 'Plan of the station' },
					},
				},
			},
		},
	],
	'root-media': only({ _image: { type: 'image', imageUrl: 'https://example.org/r.png' } }),
	attachment: [
		{
			text: '',
			source: 'agent',
			data: { attachments: [{ type: 'file', name: 'offer.pdf', url: 'https://example.org/offer.pdf' }] },
		},
	],
	'image-alt-and-text': forAll({
		_image: {
			type: 'image',
			imageUrl: 'https://example.org/dog.png',
			imageAltText: 'A dog',
			fallbackText: 'Our office dog',
		},
	}),
	'image-download': forAll({
		_image: {
			type: 'image',
			imageUrl: 'https://example.org/badge.png',
			buttons: [{ type: 'web_url', title: 'Download', url: 'https://example.org/badge.png?dl=1' }],
		},
	}),
	'fallback-beside-image': only({
		type: 'image',
		linear: false,
		text: [],
		_cognigy: {
			_default: { _image: { type: 'image', imageUrl: 'https://example.org/cat.jpg' }, fallbackText: 'A cat asleep' },
		},
		_data: {
			_cognigy: {
				_default: { _image: { type: 'image', imageUrl: 'https://example.org/cat.jpg' }, fallbackText: 'A cat asleep' },
			},
		},
	}),
	'default-audio': forAll({
		_audio: { type: 'audio', audioUrl: 'https://example.org/hi.mp3', audioAltText: 'A greeting' },
	}),
	'default-video': forAll({
		_video: {
			type: 'video',
			videoUrl: 'https://example.org/tour.mp4',
			videoAltText: 'Kim: Follow me.\nLee: Gladly.',
			videoCaptionsUrl: 'https://example.org/tour.vtt',
		},
	}),
	'webchat-image': forWebchat({
		attachment: { type: 'image', payload: { url: 'https://example.org/w.png', altText: 'A hill' } },
	}),
	'webchat-audio': forWebchat({
		attachment: { type: 'audio', payload: { url: 'https://example.org/w.mp3', altText: 'Soft music' } },
	}),
	'webchat-video': forWebchat({ attachment: { type: 'video', payload: { url: 'https://example.org/w.mp4' } } }),
	'facebook-file': cognigy({
		_facebook: {
			message: { attachment: { type: 'file', payload: { url: 'https://example.org/terms.pdf', is_reusable: true } } },
		},
	}),
	'media-template': template({
		template_type: 'media',
		elements: [
			{
				media_type: 'video',
				url: 'https://example.org/how.mp4',
				altText: 'How to fold it',
				buttons: [{ type: 'postback', title: 'Next film', payload: 'n' }],
			},
		],
	}),
	'embedded-image': forAll({
		_image: { type: 'image', imageUrl: 'data:image/png;base64,iVBORw0KGgo=', imageAltText: 'Your QR code' },
	}),
	'webchat-attachments': [
		{
			text: 'Here is what you asked for.',
			data: {
				attachments: [
					{
						runtimeFileId: '1',
						mimeType: 'application/pdf',
						size: 893,
						status: 'scanned',
						url: 'https://example.org/bill.pdf',
						fileName: 'bill.pdf',
					},
					{
						runtimeFileId: '2',
						mimeType: 'image/png',
						size: 11,
						url: 'https://example.org/scan.png',
						fileName: 'scan.png',
					},
				],
			},
		},
	],
	'notify-attachment': [
		{
			text: '',
			data: {
				attachments: [{ name: 'plan', url: 'https://example.org/plan.png', type: 'image', caption: 'The new plan' }],
			},
		},
	],
	'empty-media': [...forAll({ _image: { type: 'image', imageUrl: '' } }), { text: 'That was all.', data: {} }],
	'root-quick-replies': only({
		_quickReplies: { type: 'quick_replies', text: 'From the root', quickReplies: [{ title: 'Fine', payload: 'f' }] },
	}),
};
