# What Google's own SDK sees: one line of JSON for each answer. `genai.py RUN ADDRESS`.
import json
import sys

from google import genai

client = genai.Client(api_key="dummy", http_options={"base_url": sys.argv[2]})
ASK = {"model": "gemini-2.5-flash", "contents": "say hello"}


def tell(answer):
    usage = answer.usage_metadata
    cached = usage.cached_content_token_count or 0
    output = (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0)
    told = [usage.prompt_token_count - cached, cached, 0, output]
    print(json.dumps({"id": answer.response_id, "model": answer.model_version, "usage": told}), flush=True)


def whole():
    tell(client.models.generate_content(**ASK))
    client.models.count_tokens(**ASK)


def stream():
    for chunk in client.models.generate_content_stream(**ASK):
        last = chunk
    tell(last)


def cut():
    try:
        for _ in client.models.generate_content_stream(**ASK):
            pass
    except Exception as error:
        print(type(error).__name__, file=sys.stderr)


globals()[sys.argv[1]]()
