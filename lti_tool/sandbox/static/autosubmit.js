document.getElementById("away").submit();
