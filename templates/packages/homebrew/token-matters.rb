class TokenMatters < Formula
  desc "{{ description }}"
  homepage "{{ repository }}"
  version "{{ version }}"
  license any_of: ["MIT", "Apache-2.0"]

{% for system in ["macos", "linux"] %}
  on_{{ system }} do
{% for target in targets if target.brew == system %}
    on_{{ target.brew_cpu }} do
      url "{{ repository }}/releases/download/v{{ version }}/{{ target.archive }}"
      sha256 "{{ target.sha256 }}"
    end
{% endfor %}
  end
{% endfor %}

  def install
    bin.install "token-matters"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/token-matters --version")
  end
end
