# What Forem, the software of dev.to, makes of posts: JSON lines {"body", "protect"} in,
# JSON lines {"html", "formulas", "error"} out. Written from a description of what it does; no code of Forem's.

require "json"
require "liquid"
require "redcarpet"

EXTENSIONS = {
  autolink: true, no_intra_emphasis: true, fenced_code_blocks: true, lax_html_blocks: true,
  lax_spacing: true, strikethrough: true, tables: true, footnotes: true
}.freeze
MARKDOWN = Redcarpet::Markdown.new(Redcarpet::Render::HTML.new(hard_wrap: true), EXTENSIONS)

# What Markdown itself makes, and a few more: the rest is dropped and leaves its words behind.
TAGS = %w[
  a abbr add b blockquote br code del em figcaption h1 h2 h3 h4 h5 h6 hr i img kbd li mark ol p pre
  rp rt ruby source span strong sub sup table tbody td tfoot th thead tr u ul video
].freeze
ATTRIBUTES = %w[alt colspan height href rowspan src title width].freeze
# Gone with everything in them.
SILENT = %w[script style iframe].freeze
VOID = %w[br hr img source].freeze

NAMED = { "amp" => "&", "lt" => "<", "gt" => ">", "quot" => '"', "apos" => "'", "nbsp" => "\u00a0" }.freeze

def decode(text)
  text.gsub(/&(?:#(\d{1,7})|#[xX](\h{1,6})|([A-Za-z]\w*));/) do |whole|
    if $3
      NAMED.fetch($3, whole)
    else
      code = $1 ? $1.to_i : $2.hex
      code.between?(1, 0x10FFFF) && !code.between?(0xD800, 0xDFFF) ? [code].pack("U") : "\ufffd"
    end
  end
end

def encode(text)
  text.gsub("&", "&amp;").gsub("<", "&lt;").gsub(">", "&gt;").gsub("\u00a0", "&nbsp;")
end

# Before Markdown: quotes around the title, no more than two lines of dashes, no signs before tags.
def fix(body)
  head = body[/\A---\n.*?^---$/m]
  if head
    fixed = head.gsub(/^(title|description):[ \t]*(.+)$/) do
      key, value = $1, $2
      value.match?(/\A".*"\z|\A'.*'\z/) ? "#{key}: #{value}" : "#{key}: #{value.dump}"
    end
    body = fixed + body[head.size..]
  end
  seen = 0
  body = body.gsub(/^---/) { (seen += 1) > 2 ? "\n------" : "---" }
  body.gsub(/^tags:.*$/) { |line| line.delete("#") }
end

def without_front_matter(body)
  body.sub(/\A---\n.*?^---\s*$\n?/m, "")
end

# Code is put into Liquid's raw, found by its ticks alone, wherever they stand; what says raw itself is hidden.
def protect(body)
  body.gsub(/\s*~~~.*?~~~|\s*```.*?```|``.+?``|`.+?`/m) do |code|
    code = code.gsub(/\{%\s*(end)?raw\s*%\}/) { "\u{E000}#{$1}raw\u{E001}" }
    code.match?(/\A\s*(```|~~~)/) ? "\n{% raw %}\n#{code}\n{% endraw %}\n" : "{% raw %}#{code}{% endraw %}"
  end
end

def revealed(html)
  html.gsub("\u{E000}", "{% ").gsub("\u{E001}", " %}")
end

TAG = %r{<!--.*?-->|<(/?)([A-Za-z][A-Za-z0-9]*)((?:\s[^<>]*)?)>}m

# Parse leniently and write again, as a sanitiser on a tree does: only what is allowed, entities decoded.
def sanitise(html, tags: TAGS, attributes: ATTRIBUTES)
  html = html.gsub(%r{<(#{SILENT.join("|")})\b.*?</\1\s*>}mi, "")
  parts = []
  rest = html
  while (found = TAG.match(rest))
    parts << encode(decode(found.pre_match))
    name = found[2]&.downcase
    parts << tag(found[1], name, found[3], attributes) if name && tags.include?(name)
    rest = found.post_match
  end
  (parts << encode(decode(rest))).join
end

def tag(slash, name, source, attributes)
  return "</#{name}>" unless slash.empty?

  kept = source.scan(/([A-Za-z-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/).filter_map do |key, one, two|
    next unless attributes.include?(key.downcase)

    value = decode(one || two)
    value = value.gsub(/[^!-~]|[{}"<>\\^`|]/) { |char| percent(char) } if %w[href src].include?(key)
    %( #{key}="#{value.gsub("&", "&amp;").gsub('"', "&quot;")}")
  end
  "<#{name}#{kept.join}>"
end

def percent(char)
  char.bytes.map { |byte| format("%%%02X", byte) }.join
end

def words(html)
  decode(html.gsub(TAG, ""))
end

class KatexTag < Liquid::Block
  def initialize(name, markup, options)
    super
    @display = !markup.include?("inline")
  end

  def render(context)
    formulas = context.registers[:formulas]
    formulas << { latex: words(super).strip, display: @display }
    number = formulas.size - 1
    @display ? "\n<div data-formula=\"#{number}\">\n</div>\n" : "<span data-formula=\"#{number}\"></span>"
  end
end

# Its content is sanitised once more, after Liquid: formulas in it do not survive.
class DetailsTag < Liquid::Block
  def initialize(name, markup, options)
    super
    @summary = markup.strip
  end

  def render(_context)
    "<details>\n<summary>#{@summary}</summary>\n#{sanitise(super)}\n</details>\n"
  end
end

Liquid::Template.register_tag("katex", KatexTag)
Liquid::Template.register_tag("details", DetailsTag)
Liquid::Template.error_mode = :strict

def rendered(body, protected)
  source = without_front_matter(fix(body))
  source = protect(source) if protected
  formulas = []
  between = sanitise(MARKDOWN.render(source))
  liquid = Liquid::Template.parse(between).render!({}, registers: { formulas: formulas })
  { html: revealed(MARKDOWN.render(liquid)), formulas: formulas, error: nil }
rescue Liquid::Error => e
  { html: "", formulas: [], error: e.message }
end

$stdout.sync = true
$stdin.set_encoding("UTF-8")
$stdout.set_encoding("UTF-8")
$stdin.each_line do |line|
  post = JSON.parse(line)
  puts JSON.generate(rendered(post["body"], post["protect"]))
end
